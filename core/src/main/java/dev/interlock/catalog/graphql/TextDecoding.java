package dev.interlock.catalog.graphql;

import dev.interlock.evidence.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Accepts only text that every reader decodes alike. */
final class TextDecoding {

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /** Maximum characters of a name in a message. The longest name that a provider uses has about half of this. */
    private static final int MAX_SHOWN = 80;

    private TextDecoding() {}

    static String utf8(byte[] bytes) {
        try {
            // A fresh decoder reports what {@code new String} would replace.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return withoutMark(text);
        } catch (CharacterCodingException _) {
            throw new UnreadableException(GraphqlRefusals.NO_UTF8);
        }
    }

    static String withoutMark(String text) {
        if (text.indexOf(BYTE_ORDER_MARK) >= 0) {
            throw new UnreadableException(GraphqlRefusals.BYTE_ORDER_MARK);
        }
        return text;
    }

    /** Returns {@code name} in a form fit for a sentence: short, and of plain characters only. */
    static String shown(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9_.-]", "?");
        return "`" + (plain.length() > MAX_SHOWN ? plain.substring(0, MAX_SHOWN) + "..." : plain) + "`";
    }

    static void requireScalars(String text) {
        if (!Json.Text.isScalar(text)) {
            throw new UnreadableException(GraphqlRefusals.HALF_CHARACTER);
        }
    }
}
