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

const ALPHABET = "abcçdeəfgğhxıijkqlmnoöprsştuüvwyz";

/** What an Azerbaijani text is sorted by: letters by their place in the alphabet, numbers by their value. */
function azerbaijani(text) {
  return text.toLocaleLowerCase("tr").replace(/\d+/g, (digits) => digits.padStart(12, "0")).replace(/\p{L}/gu, (letter) => {
    const place = ALPHABET.indexOf(letter);
    return place < 0 ? letter : String.fromCharCode(0x4e00 + place);
  });
}

/** Compares by the alphabet of a language; browsers know the Azerbaijani one only by name. */
export function collator(lang) {
  if (lang !== "az") return new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
  const order = new Intl.Collator("und", { sensitivity: "base" });
  const keys = new Map();
  const key = (text) => keys.get(text) ?? keys.set(text, azerbaijani(text)).get(text);
  return { compare: (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : order.compare(a, b)) };
}

/** A number as a language writes it; Azerbaijani writes numbers as Turkish does, which every browser knows. */
export function numberText(value, lang, digits = 0) {
  return value.toLocaleString(lang === "az" ? "tr" : lang, { maximumFractionDigits: digits });
}

/** A number with just so many decimals, as a language writes it. */
export const fixed = (value, places, lang) => (lang === "en" ? value.toFixed(places) : value.toFixed(places).replace(".", ","));

/** Two numbers as a language writes them, parted so that an import reads them as this pair again. */
export const pairText = (texts, lang) => (lang === "en" ? texts.join(", ") : texts.join("; ").replaceAll(".", ","));

/** A place in degrees, to about a metre. */
export const placeText = ({ lat, lng }, lang) => pairText([lat.toFixed(5), lng.toFixed(5)], lang);

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
