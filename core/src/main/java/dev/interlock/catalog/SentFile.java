package dev.interlock.catalog;

import dev.interlock.shapes.CredentialShapes;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Predicate;

/** What a request writes into a file, as it is or in base64. */
final class SentFile {

    private SentFile() {}

    static boolean holds(String content, Predicate<String> searched) {
        return searched.test(content) || searched.test(decoded(content));
    }

    /** Returns whether there is a credential in it, by its form. */
    static boolean holdsCredential(String content) {
        return holds(
                content,
                text -> !CredentialShapes.known()
                        .find(text.getBytes(StandardCharsets.UTF_8))
                        .isEmpty());
    }

    private static String decoded(String content) {
        try {
            return new String(Base64.getMimeDecoder().decode(content), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return "";
        }
    }
}
