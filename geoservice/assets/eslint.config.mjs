// The linter of our own scripts and style sheets, run by `make lint`. It has no say in how code is laid out.

import css from "@eslint/css";
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["vendor/**", "node_modules/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error", reportUnusedInlineConfigs: "error" } },
  {
    files: ["**/*.js", "**/*.mjs"],
    ...js.configs.recommended,
  },
  {
    files: ["own/**/*.js"],
    languageOptions: { globals: { ...globals.browser, L: "readonly" } }, // Leaflet is loaded before ours
    rules: { "no-console": "error" },
  },
  { files: ["*.mjs"], languageOptions: { globals: globals.node } },
  {
    files: ["**/*.js", "**/*.mjs"],
    rules: {
      eqeqeq: "error",
      "no-implicit-globals": "error",
      "no-unused-vars": ["error", { args: "all", argsIgnorePattern: "^_$" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["own/**/*.css"],
    language: "css/css",
    plugins: { css },
    rules: {
      ...css.configs.recommended.rules,
      "css/no-invalid-properties": ["error", { allowUnknownVariables: true }], // they stand in common/tokens.css
      "css/use-baseline": [
        "error",
        { // what a browser passes over without loss
          allowProperties: ["accent-color", "break-after", "overscroll-behavior", "resize"],
          allowSelectors: ["marker"],
          allowAtRules: ["page"],
        },
      ],
      "css/no-important": "off", // [hidden], print and reduced motion have to win against any component
    },
  },
];
