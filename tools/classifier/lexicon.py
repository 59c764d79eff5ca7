#!/usr/bin/env python3
"""Writes src/catalog/lexicon.def as the table that src/catalog/words.c looks words up in.

Usage: lexicon.py OUTPUT INPUT. English verbs get their forms by rule, objects their plural. A word is
found by the hash of its small letters; words.c has the same rules for letters and hashes.
"""
import pathlib
import re
import sys
import unicodedata

BASE, S, ED, ING = range(4)
SLOTS = 1 << 15   # LEXICON_SLOTS
WORDS_MAX = 6000  # of words.h
OTHERS = {"ß": "s", "ø": "o", "ł": "l", "æ": "a", "œ": "o", "đ": "d", "ı": "i"}


def fold(text):
    out = []
    for c in text.lower():
        if 0xc0 <= ord(c) <= 0x17f:
            c = OTHERS.get(c) or unicodedata.normalize("NFD", c)[0]
        out.append({"ё": "е", "’": "'"}.get(c, c))
    return "".join(out)


def word_hash(word):
    h = 2166136261
    for b in word.encode():
        h = ((h ^ b) * 16777619) & 0xffffffff
    return h


def phrase_step(h, following):
    h = ((h ^ following) * 0x9e3779b1) & 0xffffffff
    return h ^ h >> 15


def is_unspaced(c):
    """Scripts that are read by the longest entry: kana, han, hangul."""
    return 0x3040 <= ord(c) <= 0x30ff or 0x3400 <= ord(c) <= 0x9fff or 0xac00 <= ord(c) <= 0xd7af


def is_english(word):
    return re.fullmatch(r"[a-z]+", word) is not None


def doubles(word):
    """Is the last consonant doubled before -ed and -ing: stop, get, refit?"""
    return re.fullmatch(r"(?:[^aeiou]*[aeiou][^aeiouwxy]|commit|submit|transmit|control|propel|format_)", word) is not None


def verb_forms(word):
    yield word, BASE
    if not is_english(word) or len(word) < 2:
        return
    if re.search(r"[^aeiou]y$", word):
        yield word[:-1] + "ies", S
        yield word[:-1] + "ied", ED
        yield word + "ing", ING
        return
    yield word + ("es" if re.search(r"(s|x|z|ch|sh|[^aeiou]o)$", word) else "s"), S
    if word.endswith("ie"):
        stem, ing = word[:-1], word[:-2] + "y"
    elif word.endswith("e") and not word.endswith("ee"):
        stem = ing = word[:-1]
    elif word.endswith("e"):
        stem, ing = word[:-1], word
    else:
        stem = ing = word + (word[-1] if doubles(word) else "")
    yield stem + "ed", ED
    yield ing + "ing", ING


def object_forms(word):
    yield word, BASE
    if is_english(word) and len(word) > 2:
        yield word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else \
            word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s"), BASE


def entries(text):
    """(kind, concept's number, [(words, form)…]) in the order of the file; verbs count first."""
    found = re.findall(r'^(VERB|OBJECT|MARK)\((\w+), "(.*)"\)$', text, re.M)
    number = 0
    for kind in ("VERB", "OBJECT", "MARK"):
        for k, name, words in found:
            if k != kind:
                continue
            number += 1
            yield kind, number, words.split()
        number += kind != "MARK"  # CONCEPT_VERBS and CONCEPT_OBJECTS are numbers, too


def build(text):
    table, starts, longest, bases = {}, set(), 0, {}
    for kind, number, words in entries(text):
        for written in words:
            word = fold(written.lstrip("="))
            if any(is_unspaced(c) for c in word):
                longest = max(longest, len(word))
                keys = [(word_hash(word.replace("_", " ")), BASE)]
            elif "_" in word:
                parts = [word_hash(p) for p in word.split("_")]
                starts.add(parts[0])
                h = parts[0]
                for p in parts[1:]:
                    h = phrase_step(h, p)
                keys = [(h, BASE)]
            elif written.startswith("=") or kind == "MARK":
                keys = [(word_hash(word), BASE)]
            else:
                forms = verb_forms(word) if kind == "VERB" else object_forms(word)
                keys = [(word_hash(w), f) for w, f in forms]
            base = bases.setdefault(keys[0][0], len(bases) + 1)
            for h, form in keys:
                concepts, *_ = table.setdefault(h, ([], form, base))
                if number not in concepts and len(concepts) < 3:
                    concepts.append(number)
    for h in starts:
        table.setdefault(h, ([], BASE, 0))
    return table, starts, longest, len(bases)


def main():
    output, source = sys.argv[1:]
    text = pathlib.Path(source).read_text()
    table, starts, longest, words = build(text)
    if words >= WORDS_MAX:
        raise SystemExit(f"{words} words: more than WORDS_MAX of words.h")
    slots = [None] * SLOTS
    for h in sorted(table):
        at = h % SLOTS
        while slots[at]:
            at = (at + 1) % SLOTS
        slots[at] = h
    digest = word_hash(re.sub(r"\s+", " ", "\n".join(x for x in text.splitlines() if x[:4] in ("VERB", "OBJE", "MARK"))))
    out = ['#include "catalog/lexicon.h"', f"const int lexicon_longest = {longest};",
           f"const uint32_t lexicon_digest = 0x{digest:08x}u;",
           "const struct lexicon_entry lexicon_table[LEXICON_SLOTS] = {"]
    for at, h in enumerate(slots):
        if h is not None:
            concepts, form, base = table[h]
            c = ", ".join(map(str, (concepts + [0, 0, 0])[:3]))
            out.append(f"\t[{at}] = {{ 0x{h:08x}u, {{ {c} }}, {form}, {int(h in starts)}, {base} }},")
    out.append("};")
    pathlib.Path(output).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
