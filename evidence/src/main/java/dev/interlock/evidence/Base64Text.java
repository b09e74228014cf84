package dev.interlock.evidence;

import java.util.Base64;

/** Base64 in its one canonical spelling: padded (or, for URLs, never padded), without white space or stray bits. */
final class Base64Text {

    private Base64Text() {}

    static String write(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    static byte[] read(String text) {
        return read(text, Base64.getDecoder(), Base64.getEncoder());
    }

    static String writeUrl(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static byte[] readUrl(String text) {
        return read(text, Base64.getUrlDecoder(), Base64.getUrlEncoder().withoutPadding());
    }

    private static byte[] read(String text, Base64.Decoder decoder, Base64.Encoder encoder) {
        byte[] bytes;
        try {
            bytes = decoder.decode(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the text is not base64", e);
        }
        // The decoder forgives missing padding and stray bits: two spellings of the same bytes.
        if (!encoder.encodeToString(bytes).equals(text)) {
            throw new MalformedException("the base64 is not in canonical form");
        }
        return bytes;
    }
}
