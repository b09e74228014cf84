package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SshSignatureTest {

    private static final String NAMESPACE = "interlock-confirm@v1";
    private static final byte[] MESSAGE = "delete volume `vol_x`".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"ed25519,256", "ecdsa,256", "ecdsa,384", "ecdsa,521"})
    @EnabledIf("sshKeygen")
    @Tag("process")
    void acceptsSignaturesOfSshKeygen(String type, String bits) throws Exception {
        RealSshKeygen tool = new RealSshKeygen(directory);
        Path key = tool.generate(type, "-b", bits);
        SshPublicKey verified =
                SshSignature.parse(tool.sign(key, MESSAGE, NAMESPACE)).verify(MESSAGE, NAMESPACE);

        assertThat(verified).isEqualTo(SshPublicKey.parse(tool.publicLine(key)));
        assertThat(verified.fingerprint()).isEqualTo(tool.fingerprint(key));
        assertThat(verified.keyClass()).isEqualTo(KeyClass.SOFTWARE);
    }

    @ParameterizedTest
    @EnumSource(SshKeyType.class)
    @EnabledIf("sshKeygen")
    @Tag("process")
    void sshKeygenAlsoAcceptsTheSoftAuthenticatorsSignatures(SshKeyType type) throws Exception {
        SoftKey key = SoftKey.of(type);
        String armored = key.sign(MESSAGE, NAMESPACE, SoftKey.TOUCHED | SoftKey.VERIFIED);

        assertThat(new RealSshKeygen(directory).verifies(key.line(), MESSAGE, NAMESPACE, armored))
                .isTrue();
        assertThat(SshSignature.parse(armored).verify(MESSAGE, NAMESPACE).keyClass())
                .isEqualTo(type.keyClass);
    }

    static boolean sshKeygen() {
        return RealSshKeygen.isInstalled();
    }

    @ParameterizedTest
    @EnumSource(SshKeyType.class)
    void refusesAnotherMessage(SshKeyType type) {
        SshSignature signature = SshSignature.parse(SoftKey.of(type).sign(MESSAGE, NAMESPACE));
        assertThatThrownBy(() -> signature.verify("delete everything".getBytes(StandardCharsets.UTF_8), NAMESPACE))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("does not match the signed message");
    }

    @Test
    void refusesAnotherNamespace() {
        SshSignature signature = SshSignature.parse(SoftKey.ed25519().sign(MESSAGE, "git"));
        assertThatThrownBy(() -> signature.verify(MESSAGE, NAMESPACE))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("`git`");
    }

    @ParameterizedTest
    @EnumSource(
            value = SshKeyType.class,
            names = {"SK_ED25519", "SK_ECDSA"})
    void refusesASecurityKeySignatureWithoutTouch(SshKeyType type) {
        SshSignature signature = SshSignature.parse(SoftKey.of(type).sign(MESSAGE, NAMESPACE, SoftKey.VERIFIED));
        assertThatThrownBy(() -> signature.verify(MESSAGE, NAMESPACE))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("touched");
    }

    /** The flag is covered by the signature: setting it afterwards does not help. */
    @Test
    void refusesAPresenceFlagThatTheAuthenticatorDidNotSign() {
        byte[] blob = SoftKey.hardware().blob(MESSAGE, NAMESPACE, 0);
        blob[blob.length - 5] |= SoftKey.TOUCHED;
        SshSignature signature = SshSignature.parse(SoftKey.armor(blob));
        assertThatThrownBy(() -> signature.verify(MESSAGE, NAMESPACE))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("does not match the signed message");
    }

    @Test
    void refusesATruncatedSignature() {
        byte[] blob = SoftKey.ed25519().blob(MESSAGE, NAMESPACE, 0);
        for (int length = 0; length < blob.length; length++) {
            byte[] shorter = Arrays.copyOf(blob, length);
            assertThatThrownBy(() -> SshSignature.parse(SoftKey.armor(shorter))).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void refusesAnotherVersionOrHashOrTrailingBytes() {
        byte[] blob = SoftKey.ed25519().blob(MESSAGE, NAMESPACE, 0);
        assertMalformed(Arrays.copyOf(blob, blob.length + 1), "trailing bytes");
        int at = new String(blob, StandardCharsets.ISO_8859_1).indexOf("sha512");
        blob[at + 3] = '3';
        assertMalformed(blob, "sha312");
        blob[9] = 2;
        assertMalformed(blob, "version 1");
    }

    @Test
    void everyFlippedBitIsRefused() {
        byte[] blob = SoftKey.ed25519().blob(MESSAGE, NAMESPACE, 0);
        for (int i = 0; i < blob.length; i++) {
            byte[] flipped = blob.clone();
            flipped[i] ^= 1;
            assertThatThrownBy(() -> SshSignature.parse(SoftKey.armor(flipped)).verify(MESSAGE, NAMESPACE))
                    .isInstanceOfAny(MalformedException.class, BadSignatureException.class);
        }
    }

    @Test
    void refusesUnarmoredSignatures() {
        String good = SoftKey.ed25519().sign(MESSAGE, NAMESPACE);
        for (String bad : new String[] {
            "",
            "x",
            good + "x",
            "x" + good,
            good + good,
            good.replace("BEGIN SSH", "BEGIN PGP"),
            good.replace("\n", " ")
        }) {
            assertThatThrownBy(() -> SshSignature.parse(bad)).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void refusesKeysOfOtherTypesByName() {
        String rsa = "ssh-rsa " + Base64.getEncoder().encodeToString(SshWire.string("ssh-rsa"));
        assertThatThrownBy(() -> SshPublicKey.parse(rsa))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("`ssh-rsa`");
    }

    @Test
    void refusesAKeyLineWithoutExactlyOneKey() {
        String line = SoftKey.ed25519().line();
        String other = SoftKey.of(SshKeyType.ECDSA_256).line();
        for (String bad : new String[] {
            "",
            "ssh-ed25519",
            " " + line,
            line + "\n" + other,
            line.replace(" ", "  "),
            "command=\"x\" " + line,
            "ssh-ed25519 " + other.split(" ", 2)[1],
            line + "="
        }) {
            assertThatThrownBy(() -> SshPublicKey.parse(bad)).isInstanceOf(MalformedException.class);
        }
        assertThat(SshPublicKey.parse(line + " jer@laptop")).isEqualTo(SshPublicKey.parse(line));
    }

    @Test
    void refusesAPointOutsideItsCurve() {
        byte[] blob = Base64.getDecoder()
                .decode(SoftKey.of(SshKeyType.ECDSA_256).line().split(" ", 2)[1]);
        blob[blob.length - 1] ^= 1;
        assertThatThrownBy(() -> SshPublicKey.ofBlob(blob))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("not a point of its curve");
    }

    private static void assertMalformed(byte[] blob, String message) {
        assertThatThrownBy(() -> SshSignature.parse(SoftKey.armor(blob)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(message);
    }
}
