"use strict";
/** Shows text examples unchanged. Without this, Swagger UI parses YAML and does not show XML. */
function showTextExamplesUnchanged() {
  return {
    afterLoad() {
      const sample = this.fn.getSampleSchema;
      this.fn.getSampleSchema = (schema, mediaType, config, example) =>
        typeof example === "string" ? example : sample(schema, mediaType, config, example);
    },
  };
}

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
  plugins: [showTextExamplesUnchanged],
});
