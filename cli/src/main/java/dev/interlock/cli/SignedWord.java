package dev.interlock.cli;

import dev.interlock.backup.Attested;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What came of trying a backup, as it was signed. It is carried about as it lies beside the backup: in two files, or
 * the one right after the other.
 */
record SignedWord(Json.Members said, String signature) {

    /** How OpenSSH begins one; it is in no JSON without an end of line after it. */
    private static final String SIGNATURE = "-----BEGIN SSH SIGNATURE-----";

    /**
     * That in {@code file} and the file beside it whose name ends in {@code .sig}; from standard input, the one after
     * the other, if there is none.
     *
     * @throws IllegalArgumentException if there is no signature, or nothing before it
     */
    static SignedWord read(@Nullable Path file) throws IOException {
        return file == null
                ? of(new String(System.in.readAllBytes(), StandardCharsets.UTF_8))
                : of(Files.readString(file) + Files.readString(Path.of(file + ".sig")));
    }

    static SignedWord of(String text) {
        int end = text.lastIndexOf(SIGNATURE);
        if (end < 0) {
            throw new IllegalArgumentException(
                    "there is no signature: `" + SIGNATURE + "` stands nowhere after what was signed");
        }
        Json.Members said = Json.readObject(text.substring(0, end).strip().getBytes(StandardCharsets.UTF_8));
        return new SignedWord(Attested.of(said).json(), text.substring(end));
    }

    /** As the gateway is told. */
    Json.Members json() {
        return Json.object().with("attestation", said).with("signature", signature);
    }
}
