// The OpenAPI page: Swagger UI from our own files.
window.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({ url: root.dataset.url, domNode: root, deepLinking: true, tryItOutEnabled: true,
    validatorUrl: null, defaultModelsExpandDepth: 0 });
});
