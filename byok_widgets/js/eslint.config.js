import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/built/", "**/lib/", "**/node_modules/", "**/messages.ts"]),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/dot-notation": "off", // the compiler requires brackets for undeclared names
      "@typescript-eslint/consistent-type-definitions": "off",
    },
  },
  {
    files: ["gear/**/*.ts"],
    rules: { "@typescript-eslint/unbound-method": "off" }, // signals are connected to a method together with its `this`
  },
);
