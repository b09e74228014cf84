package dev.interlock.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the hunt finds a secret that is there; otherwise an empty result would mean nothing. */
final class SecretHuntTest {

    private static final String SECRET = "rw_live/9f3a+77c2=";

    private final SecretHunt hunt = new SecretHunt(SECRET);

    @Test
    void findsAPlantedCopyInEachForm() {
        byte[] raw = SECRET.getBytes(StandardCharsets.UTF_8);
        assertThat(hunt.in("x" + SECRET + "y")).contains("raw");
        assertThat(hunt.in(URLEncoder.encode("a b" + SECRET, StandardCharsets.UTF_8)))
                .contains("url-encoded");
        assertThat(hunt.in(HexFormat.of().formatHex(raw))).contains("hex");
        for (String before : List.of("", "B", "Be", "Bearer ", "user:")) {
            byte[] around = (before + SECRET + ":after").getBytes(StandardCharsets.UTF_8);
            assertThat(hunt.in(Base64.getEncoder().encodeToString(around)))
                    .as(before)
                    .isNotEmpty();
            assertThat(hunt.in(Base64.getUrlEncoder().encodeToString(around)))
                    .as(before)
                    .isNotEmpty();
        }
    }

    @Test
    void findsAPlantedFileHoweverDeep(@TempDir Path root) throws IOException {
        Path deep = Files.createDirectories(root.resolve("a/b"));
        Files.writeString(deep.resolve("planted"), "{\"token\":\"" + SECRET + "\"}");
        assertThat(hunt.in(root)).containsExactly("a/b/planted (raw)");
    }

    @Test
    void findsNothingWhereNothingIs(@TempDir Path root) throws IOException {
        Files.writeString(root.resolve("other"), "rw_live/0000+77c2=");
        assertThat(hunt.in(root)).isEmpty();
    }
}
