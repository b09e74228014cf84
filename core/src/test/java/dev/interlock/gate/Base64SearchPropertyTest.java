package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.CaseCount;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The search by hand finds the values of base64 that the pattern finds. */
class Base64SearchPropertyTest {

    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/_-]{20,}");

    @Test
    @Tag("random")
    void whatAPatternFindsIsFound() {
        long seed = RandomGenerator.getDefault().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < CaseCount.of(20_000); i++) {
            byte[] text = new byte[random.nextInt(200)];
            int rare = 1 + random.nextInt(60);
            for (int at = 0; at < text.length; at++) {
                boolean isOther = random.nextInt(rare) == 0;
                text[at] = (byte) (isOther ? random.nextInt(256) : "AZaz09+/-_Qx".charAt(random.nextInt(12)));
            }
            assertThat(RequestSecretScanner.fromBase64(text))
                    .as("seed %d, case %d", seed, i)
                    .isEqualTo(byPattern(text));
        }
        for (int c = 0; c < 256; c++) {
            byte[] text = ("A".repeat(19) + (char) c + "B".repeat(24)).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(RequestSecretScanner.fromBase64(text)).as("byte %d", c).isEqualTo(byPattern(text));
        }
    }

    private static byte[] byPattern(byte[] text) {
        ByteArrayOutputStream held = new ByteArrayOutputStream();
        Matcher values = BASE64.matcher(new String(text, StandardCharsets.ISO_8859_1));
        while (values.find()) {
            String value = values.group().replace('-', '+').replace('_', '/');
            int length = value.length() - (value.length() % 4 == 1 ? 1 : 0);
            held.writeBytes(Base64.getDecoder().decode(value.substring(0, length)));
            held.write('\n');
        }
        return held.toByteArray();
    }
}
