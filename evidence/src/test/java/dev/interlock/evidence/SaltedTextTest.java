package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SaltedTextTest {

    private static final String SALT = "AAECAwQFBgcICQoLDA0ODw"; // the bytes 0 to 15

    /** Computed by `python3 -c` with hashlib, by the words of docs/formats/receipt.md. */
    @Test
    void theDigestIsThatOfTheFormat() {
        assertThat(new SaltedText(SALT, "hunter2").digest())
                .isEqualTo("salted-sha256:63e81222ff22fa9082de3df3504b584d798f8c7ef6e2c12624a675c2f8290bc3");
        assertThat(new SaltedText("AAECAwQFBgcICQoLDA0OEA", "hunter2").digest())
                .isNotEqualTo(new SaltedText(SALT, "hunter2").digest());
    }

    @Test
    void itsFormIsUnmistakable() {
        assertThat(SaltedText.isDigest(new SaltedText(SALT, "").digest())).isTrue();
        assertThat(List.of("", "salted-sha256:", "salted-sha256:" + "A".repeat(64), "sha256:" + "0".repeat(64)))
                .noneMatch(SaltedText::isDigest);
        SaltedText text = new SaltedText(SALT, "a\nb");
        assertThat(SaltedText.of(text.json())).isEqualTo(text);
    }

    @Test
    void noOtherSaltAndNoHalfCharacterIsAccepted() {
        for (String salt : List.of("", "AAAA", SALT + "AA", SALT + "==", "AAECAwQFBgcICQoLDA0ODx")) {
            assertThatThrownBy(() -> new SaltedText(salt, "x")).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> new SaltedText(SALT, "\ud800")).isInstanceOf(MalformedException.class);
    }
}
