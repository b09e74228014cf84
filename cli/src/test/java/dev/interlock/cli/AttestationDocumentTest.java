package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.testing.TestingAttester;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttestationDocumentTest {

    private static final Instant TAKEN = Instant.parse("2026-11-22T01:00:00Z");

    @TempDir
    Path directory;

    private final TestingAttester attesting = new TestingAttester(Resource.parse("railway:volume/v1"));

    /** A reason may quote any text, even the beginning of a signature. */
    private final Json.Members said = attesting.says(
            "20261120T000000Z-0000b1", TAKEN, TAKEN.plusSeconds(60), "rows: -----BEGIN SSH SIGNATURE----- \n ✗");

    private final String signature = attesting.sign(said);

    @Test
    void itIsReadAsItLiesThere() throws IOException {
        Path file = Files.writeString(directory.resolve("attested.json"), said.canonicalText());
        assertThatThrownBy(() -> AttestationDocument.read(file)).isInstanceOf(NoSuchFileException.class);
        Files.writeString(directory.resolve("attested.json.sig"), signature);
        assertThat(AttestationDocument.read(file)).isEqualTo(new AttestationDocument(said, signature));
    }

    @Test
    void theLineBreakBeforeTheSignatureIsOptional() {
        assertThat(AttestationDocument.of(said.canonicalText() + signature))
                .isEqualTo(new AttestationDocument(said, signature));
        assertThat(AttestationDocument.of(said.canonicalText() + "\n" + signature))
                .isEqualTo(new AttestationDocument(said, signature));
    }

    @Test
    void aMalformedDocumentIsRefused() {
        assertThatThrownBy(() -> AttestationDocument.of(said.canonicalText())).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> AttestationDocument.of("{}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no signature");
        assertThatThrownBy(() -> AttestationDocument.of(signature)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> AttestationDocument.of("{}" + signature)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(
                        () -> AttestationDocument.of(said.with("tried_at", "x").canonicalText() + signature))
                .isInstanceOf(MalformedException.class);
    }
}
