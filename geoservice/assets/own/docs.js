// The OpenAPI page: Swagger UI from our own files.
window.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({ url: root.dataset.url, domNode: root, tryItOutEnabled: true,
    // Deep links put a link inside each operation's button, which no screen reader can tell apart.
    deepLinking: false, validatorUrl: null, defaultModelsExpandDepth: 0 });
});
