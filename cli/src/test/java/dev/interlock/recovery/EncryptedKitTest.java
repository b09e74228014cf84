package dev.interlock.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.MalformedException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncryptedKitTest {

    private static final RecoveryKit KIT = new RecoveryKit(
            "interlock.example/one",
            Instant.parse("2026-11-21T08:00:00Z"),
            17,
            List.of("K-01 stops agent jer/cursor"),
            List.of(
                    new RecoveryKit.KitFile(
                            "config/gateway.yaml", false, Bytes.utf8("origin: interlock.example/one\n")),
                    new RecoveryKit.KitFile("vault/ordinary/store.key", true, Bytes.utf8("the real one"))));

    private final SecureRandom random = new SecureRandom();
    private final RecoveryCode code = RecoveryCode.fresh(random);

    @Test
    void whatWasSealedOpensByItsCodeAndIsNotInTheText() {
        String text = EncryptedKit.seal(KIT, code, random);
        assertThat(EncryptedKit.open(text, code)).isEqualTo(KIT);
        assertThat(text).doesNotContain("interlock.example", "the real one");
        assertThat(EncryptedKit.open("printed, and read again:\n\n  " + text.replace("\n", "\r\n  ") + "\nend", code))
                .isEqualTo(KIT);
    }

    @Test
    void anotherCodeOpensNothing() {
        String text = EncryptedKit.seal(KIT, code, random);
        assertThatThrownBy(() -> EncryptedKit.open(text, RecoveryCode.fresh(random)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("this code does not decrypt the kit")
                .hasNoCause();
    }

    @Test
    void aTypingMistakeIsReportedWithItsLine() {
        List<String> lines =
                new ArrayList<>(EncryptedKit.seal(KIT, code, random).lines().toList());
        String second = lines.get(2);
        lines.set(2, (second.charAt(0) == 'A' ? 'B' : 'A') + second.substring(1));
        assertThatThrownBy(() -> EncryptedKit.open(String.join("\n", lines), code))
                .hasMessage("these lines of the kit were copied incorrectly: 2");
        lines.set(2, second);
        lines.remove(2);
        assertThatThrownBy(() -> EncryptedKit.open(String.join("\n", lines), code))
                .hasMessageContaining("copied incorrectly");
    }

    @Test
    void aCodeIsReadAsPeopleWriteIt() {
        String text = EncryptedKit.seal(KIT, code, random);
        String written = code.groups()
                .<String>use(groups -> groups.toLowerCase(java.util.Locale.ROOT)
                        .replace('0', 'o')
                        .replace('1', 'l')
                        .replace("-", "  "));
        assertThat(EncryptedKit.open(text, RecoveryCode.parse(written + "\n"))).isEqualTo(KIT);
        assertThat(code.toString()).isEqualTo("[redacted]");
        assertThatThrownBy(() -> RecoveryCode.parse("0000-0000")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data/../../etc/passwd",
                "/etc/passwd",
                "etc/passwd",
                "data/",
                "data",
                "vault//x",
                "config/.ssh/authorized_keys",
                "data/a\nb"
            })
    void aFileThatWouldLieElsewhereIsInNoKit(String path) {
        assertThatThrownBy(() -> new RecoveryKit.KitFile(path, false, Bytes.empty()))
                .isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-----BEGIN INTERLOCK RECOVERY KIT-----",
                "-----END INTERLOCK RECOVERY KIT-----\n-----BEGIN INTERLOCK RECOVERY KIT-----",
                "-----BEGIN INTERLOCK RECOVERY KIT-----\n-----END INTERLOCK RECOVERY KIT-----"
            })
    void aMalformedKitIsRefused(String text) {
        assertThatThrownBy(() -> EncryptedKit.open(text, code)).isInstanceOf(MalformedException.class);
    }
}
