"use strict";
/** Shows an example that is a text as it is written; left alone, the page parses YAML and refuses to show XML. */
function textsAsWritten() {
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
  plugins: [textsAsWritten],
});
