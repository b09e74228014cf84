package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnvelopeTest {

    private static final String TYPE = SealDocument.PAYLOAD_TYPE;
    private static final String NAMESPACE = SealDocument.NAMESPACE;
    private static final byte[] PAYLOAD = "{}".getBytes(StandardCharsets.UTF_8);

    private final SoftKey jer = SoftKey.hardware();
    private final SoftKey ann = SoftKey.ed25519();
    private final SoftKey stranger = SoftKey.ed25519();
    private final List<SshPublicKey> pinned = List.of(jer.publicKey(), ann.publicKey());

    @Test
    void usesThePreAuthenticationEncodingOfDsse() {
        assertThat(Envelope.pae("http://example.com/HelloWorld", "hello world".getBytes(StandardCharsets.UTF_8)))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    @Test
    void opensAnEnvelopeThatEnoughPinnedKeysSigned() throws Exception {
        Envelope read = Envelope.read(signed(jer, ann).write());
        Envelope.VerifiedEnvelope opened = read.verify(TYPE, NAMESPACE, pinned, 2);
        assertThat(opened.payload()).isEqualTo(PAYLOAD);
        assertThat(opened.signers()).containsExactly(jer.publicKey(), ann.publicKey());
    }

    @Test
    void countsKeysAndNotSignatures() {
        assertRefused(signed(jer, jer), 2, "1 of the pinned keys signed");
    }

    @Test
    void ignoresSignaturesOfUnknownKeys() throws Exception {
        assertRefused(signed(stranger, jer), 2, "1 of the pinned keys signed");
        assertThat(signed(stranger, jer).verify(TYPE, NAMESPACE, pinned, 1).signers())
                .containsExactly(jer.publicKey());
    }

    @Test
    void oneFalseSignatureOfAPinnedKeyRefusesTheEnvelope() {
        Envelope other = Envelope.of(TYPE, "[]".getBytes(StandardCharsets.UTF_8));
        Envelope forged = signed(ann).signedBy(jer.sign(other.pae(), NAMESPACE));
        assertRefused(forged, 1, "does not match the signed message");
    }

    @Test
    void refusesASignatureMadeForAConfirmation() {
        Envelope unsigned = Envelope.of(TYPE, PAYLOAD);
        assertRefused(unsigned.signedBy(jer.sign(unsigned.pae(), Statement.NAMESPACE)), 1, "namespace");
    }

    @Test
    void refusesAnotherPayloadType() {
        Envelope other = Envelope.of("text/plain", PAYLOAD);
        assertRefused(other.signedBy(jer.sign(other.pae(), NAMESPACE)), 1, "text/plain");
    }

    @Test
    void refusesAnExchangedPayload() {
        String json = new String(signed(jer).write(), StandardCharsets.UTF_8);
        Envelope exchanged = Envelope.read(
                json.replace(Base64Text.write(PAYLOAD), Base64Text.write("[]".getBytes(StandardCharsets.UTF_8)))
                        .getBytes(StandardCharsets.UTF_8));
        assertRefused(exchanged, 1, "does not match the signed message");
    }

    @Test
    void refusesAKeyIdOfAnotherKey() {
        String json = new String(signed(jer).write(), StandardCharsets.UTF_8);
        String renamed =
                json.replace(jer.publicKey().fingerprint(), ann.publicKey().fingerprint());
        assertThatThrownBy(() ->
                        Envelope.read(renamed.getBytes(StandardCharsets.UTF_8)).verify(TYPE, NAMESPACE, pinned, 1))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void refusesUnknownMembersAndTooManySignatures() {
        String json = new String(signed(jer).write(), StandardCharsets.UTF_8);
        String wider = json.substring(0, json.length() - 1) + ",\"x\":1}";
        assertThatThrownBy(() -> Envelope.read(wider.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("`x`");
        assertThatThrownBy(() -> signed(java.util.Collections.nCopies(17, jer).toArray(SoftKey[]::new)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("16");
    }

    private static Envelope signed(SoftKey... keys) {
        Envelope envelope = Envelope.of(TYPE, PAYLOAD);
        for (SoftKey key : keys) {
            envelope = envelope.signedBy(key.sign(envelope.pae(), NAMESPACE));
        }
        return envelope;
    }

    private void assertRefused(Envelope envelope, int quorum, String message) {
        assertThatThrownBy(() -> envelope.verify(TYPE, NAMESPACE, pinned, quorum))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining(message);
    }
}
