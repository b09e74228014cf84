package dev.interlock.cli;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A signed attestation, in two files beside the backup, or in one: the signature after the statement. */
record AttestationDocument(Json.Members said, String signature) {

    /** The first line of an OpenSSH signature. JSON cannot contain it without a line end after it. */
    private static final String SIGNATURE = "-----BEGIN SSH SIGNATURE-----";

    /** With the file beside it whose name ends in {@code .sig}; without {@code file}, both come from standard input. */
    static AttestationDocument read(@Nullable Path file) throws IOException {
        return file == null
                ? of(new String(System.in.readAllBytes(), StandardCharsets.UTF_8))
                : of(Files.readString(file) + Files.readString(Path.of(file + ".sig")));
    }

    static AttestationDocument of(String text) {
        int end = text.lastIndexOf(SIGNATURE);
        if (end < 0) {
            throw new IllegalArgumentException(
                    "there is no signature: `" + SIGNATURE + "` does not follow the attestation");
        }
        Json.Members said = Json.readObject(text.substring(0, end).strip().getBytes(StandardCharsets.UTF_8));
        return new AttestationDocument(BackupAttestation.of(said).json(), text.substring(end));
    }
}
