"""The characters that a plate's text is made of, in the order of the reader's outputs."""

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PROVINCES = "京津沪渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新"
"""The 31 province characters of GA 36-2014."""
SPECIALS = "警学挂港澳使领民航应急"
"""Police, learner, trailer, Hong Kong, Macao, embassy, consulate, civil aviation (2), emergency (2)."""

ALPHABET: tuple[str, ...] = tuple(DIGITS + LETTERS + PROVINCES + SPECIALS)
"""Class k + 1 of the reader's logits is ALPHABET[k]; class 0 is the CTC blank."""
