# geoservice in a container:
#
#   docker build -t geoservice .
#   docker run -p 8000:8000 -v geoservice:/data -e GEOSERVICE_ACCESS_KEYS="$KEY=operator" geoservice
#
# Inside, the service listens on every address of the container, so it refuses to start without access keys:
# GEOSERVICE_ACCESS_KEYS holds key=role pairs separated by commas (roles: viewer, editor, operator; a key has at
# least 16 characters). Give them at run time, from a secret; never write them into an image.
#
# The RUN steps of the first two stages are make targets; the test of the wheel runs the same ones.

FROM node:22-bookworm AS assets
WORKDIR /src
COPY Makefile ./
COPY .ci .ci
COPY geoservice/assets geoservice/assets
RUN make assets

FROM python:3.13-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=assets /src/geoservice/assets/vendor geoservice/assets/vendor
COPY --from=assets /src/styles/fonts styles/fonts
ENV VENV=/opt/geoservice
RUN make install-wheel ASSETS=prebuilt

FROM python:3.13-slim-bookworm
# The GDAL inside rasterio's wheel takes libexpat from the system. Debian keeps one version for each release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libexpat1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home geoservice \
    && install --directory --owner=geoservice --group=geoservice /data
COPY --from=build /opt/geoservice /opt/geoservice
ENV PATH=/opt/geoservice/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GEOSERVICE_HOST=0.0.0.0 \
    GEOSERVICE_PORT=8000 \
    GEOSERVICE_DATA=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['GEOSERVICE_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["geoservice"]
CMD ["serve"]
