// Texts, plurals, and comparison that is tolerant of how people type Azerbaijani.

const FOLD = { "ə": "e", "ı": "i", "ş": "s", "ç": "c", "ğ": "g", "ö": "o", "ü": "u", "ё": "е" };

/** Reduces a text for tolerant comparison: no case, no accents of the alphabet's letters, single spaces. */
export function fold(value) {
  return String(value)
    .replace(/İ/g, "i")
    .toLowerCase()
    .replace(/[əışçğöüё]/g, (letter) => FOLD[letter])
    .split(/\s+/)
    .join(" ")
    .trim();
}

/** Compares by the alphabet of a language. */
export function collator(lang) {
  return new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
}

/** Returns t(key, params): the text, its plural form chosen by `n`, placeholders filled. */
export function translator(texts, lang) {
  const plural = new Intl.PluralRules(lang);
  return (key, params = {}) => {
    let entry = texts[key];
    if (entry === undefined) throw new Error(`no text "${key}"`);
    if (typeof entry === "object") entry = entry[plural.select(params.n)] ?? entry.other;
    return entry.replace(/\{(\w+)\}/g, (_, name) => String(params[name]));
  };
}
