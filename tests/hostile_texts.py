"""Texts that cost some parser more than their length: each was found to, or is of a kind that was."""

LENGTH = 65_000

MARKDOWN = {
    "links": " http://b.c-" * (LENGTH // 12),
    "links without blanks": "https://a.example/(" * (LENGTH // 19),
    "addresses": "www.b.c " * (LENGTH // 8),
    "e-mail": "a@b.c " * (LENGTH // 6),
    "emphasis": "*a **b " * (LENGTH // 7),
    "nested emphasis": "*" * (LENGTH // 2) + "a" + "*" * (LENGTH // 2 - 1),
    "brackets": "[" * LENGTH,
    "pictures": "![[" * (LENGTH // 3),
    "open links": "[a](" * (LENGTH // 4),
    "brackets of all kinds": "![" * 16 + "*_" * 31_000,
    "backticks": " ".join("`" * length for length in range(1, 350)),
    "angles": "<" * LENGTH,
    "ampersands": "&" * LENGTH,
    "quotes": ">" * LENGTH,
    "lists": "\n".join("  " * depth + "- a" for depth in range(250)),
    "quotes within lists": "- > " * (LENGTH // 4) + "a",
    "wide table": "|a" * 5_000 + "|\n" + "|-" * 5_000 + "|\n" + "a\n" * 22_000,
    "references": "".join(f"[{number}]: x\n" for number in range(5_000)),
    "a long reference": "[a]: " + "x" * 3_000 + "\n\n" + "[a]" * 20_000,
    "mentions": "@a " * (LENGTH // 3),
    "groups": "@`a` " * (LENGTH // 5),
    "too long": "x" * 70_000,
}
