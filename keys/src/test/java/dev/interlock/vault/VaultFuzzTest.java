package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Fuzzes the data from others that the vault reads. */
final class VaultFuzzTest {

    private static final Vault.PinnedSealKeys PINS =
            new Vault.PinnedSealKeys(Set.of(TestingKey.software().publicKey()), 1);
    private static final VerifiedSeal SEAL = new VerifiedSeal(
            SealDocument.read(new TestingWorld().payload().canonical()), Map.of(), Set.of(), Set.of(), Set.of());

    @FuzzTest
    void noBytesAreASealThatNobodySigned(byte[] envelope) {
        try {
            VerifiedSeal.open(envelope, PINS);
            throw new AssertionError("opened without a signature");
        } catch (BadSignatureException | IllegalArgumentException _) {
            // The only exceptions allowed out.
        }
    }

    @FuzzTest
    void noBytesAreAFleetThatNobodySigned(byte[] data) {
        try {
            FleetDocument.verify(Envelope.read(data), PINS);
            throw new AssertionError("read without a signature");
        } catch (BadSignatureException | IllegalArgumentException _) {
            // The only exceptions allowed out.
        }
        try {
            FleetDocument.verify(Envelope.of(FleetDocument.PAYLOAD_TYPE, data), PINS);
            throw new AssertionError("read without a signature");
        } catch (BadSignatureException _) {
            // The only exception allowed out.
        }
    }

    @FuzzTest
    void aSignedFleetAndARequestAreReadOrMalformed(byte[] data) {
        try {
            FleetDocument read = FleetDocument.unverified(Envelope.of(FleetDocument.PAYLOAD_TYPE, data));
            assertThat(FleetDocument.unverified(read.envelope())).isEqualTo(read);
        } catch (IllegalArgumentException _) {
            // The only exception allowed out.
        }
        try {
            FleetDocument request = FleetDocument.readWord(new String(data, StandardCharsets.ISO_8859_1));
            assertThat(FleetDocument.readWord(request.word())).isEqualTo(request);
        } catch (IllegalArgumentException _) {
            // The only exception allowed out.
        }
    }

    @FuzzTest
    void noBytesAreAProof(byte[] data) {
        Vault.ConfirmationProof proof =
                new Vault.ConfirmationProof(Bytes.of(data), List.of(new String(data, StandardCharsets.ISO_8859_1)));
        assertThat(new ProofCheck(
                                SEAL,
                                CredentialNeed.of(TestingWorld.deletion("vol_1", "production"), true),
                                TestingWorld.START)
                        .flaw(proof))
                .isPresent();
    }

    @FuzzTest
    void anUpstreamIsReadOrMalformed(byte[] data) {
        try {
            SealedUpstream.read("railway", Json.readObject(data), Set.of("staging"));
        } catch (IllegalArgumentException _) {
            // The only exception allowed out.
        }
    }
}
