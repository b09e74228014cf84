package dev.interlock.evidence;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The page on which a stranger checks a proof, offline: one HTML file with the second verifier in it. Its policy lets
 * the browser run this script and no other, and load nothing.
 */
public final class ProofPage {

    private ProofPage() {}

    public static String html() throws IOException {
        String script = part("core.mjs") + part("page.mjs");
        String style = part("page.css");
        return part("page.html")
                .replace("@SCRIPT-HASH@", hash(script))
                .replace("@STYLE-HASH@", hash(style))
                .replace("@STYLE@", style)
                .replace("@SCRIPT@", script);
    }

    private static String hash(String text) {
        return Base64Text.write(Sha256.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String part(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(ProofPage.class.getResourceAsStream("verifier/" + name))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
