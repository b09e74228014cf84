package dev.interlock.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;

/** Fuzzes the text of a kit: it is a kit, or it is refused. */
final class RecoveryKitFuzzTest {

    private static final RecoveryCode CODE = RecoveryCode.parse("0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ");

    /** Reads any text, as if typed off paper. */
    @FuzzTest(maxDuration = "45s")
    void text(byte[] input) {
        open(new String(input, StandardCharsets.ISO_8859_1));
    }

    /** Reads any bytes in lines with valid check digits. */
    @FuzzTest(maxDuration = "45s")
    void copiedWell(byte[] input) {
        open(EncryptedKit.text(input));
    }

    /** Reads any bytes, encrypted with the code. A kit that is accepted reads the same a second time. */
    @FuzzTest(maxDuration = "45s")
    void encrypted(byte[] input) {
        SecureRandom random = new SecureRandom();
        RecoveryKit kit;
        try {
            kit = EncryptedKit.open(EncryptedKit.seal(input, CODE, random), CODE);
        } catch (MalformedException _) {
            return; // the only exception allowed out
        }
        assertThat(EncryptedKit.open(EncryptedKit.seal(kit, CODE, random), CODE))
                .isEqualTo(kit);
        Path root = Path.of("/restored");
        for (RecoveryKit.KitFile item : kit.files()) {
            Path place = root.resolve(item.path()).normalize();
            assertThat(place.getNameCount()).isGreaterThan(2);
            assertThat(place.startsWith("/restored/config")
                            || place.startsWith("/restored/data")
                            || place.startsWith("/restored/vault"))
                    .as(item.path())
                    .isTrue();
        }
    }

    private static void open(String text) {
        try {
            EncryptedKit.open(text, CODE);
        } catch (MalformedException _) {
            // The only exception allowed out.
        }
    }

    @FuzzTest
    void code(byte[] input) {
        try {
            RecoveryCode.parse(new String(input, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException _) {
            // The only exception allowed out.
        }
    }
}
