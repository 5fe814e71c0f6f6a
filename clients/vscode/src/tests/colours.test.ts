import assert from "node:assert/strict";
import { test } from "node:test";
import manifest from "../../package.json";
import { STROKES } from "../strokes";

/** What VS Code's own themes have behind the text, a line of a diff among it. */
const GROUNDS = {
  light: ["#ffffff", "#f8f8f8"],
  dark: ["#1f1f1f", "#181818"],
  highContrast: ["#000000"],
  highContrastLight: ["#ffffff"],
};

for (const { id, defaults } of manifest.contributes.colors) {
  test(`${id} can be read in every kind of theme`, () => {
    for (const [kind, grounds] of Object.entries(GROUNDS)) {
      const least = kind.startsWith("high") ? 7 : 4.5;
      for (const ground of grounds) {
        const found = contrast(defaults[kind as keyof typeof GROUNDS], ground);
        assert.ok(found >= least, `${kind} on ${ground}: ${found.toFixed(1)}, and ${least} is the least`);
      }
    }
  });
}

test("the marks beside the line numbers have the colours that the settings name", () => {
  for (const [name, { light, dark }] of Object.entries(STROKES)) {
    const named = manifest.contributes.colors.find(({ id }) => id === `casework.${name}Foreground`);
    assert.deepEqual([named?.defaults.light, named?.defaults.dark], [light, dark]);
  }
});

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
