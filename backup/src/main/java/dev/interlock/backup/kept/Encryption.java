package dev.interlock.backup.kept;

import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.StreamingAead;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.streamingaead.PredefinedStreamingAeadParameters;
import com.google.crypto.tink.streamingaead.StreamingAeadConfig2026;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/**
 * Encrypts backups, so that somebody with access to the target but not to the key can read nothing. It uses Tink's
 * streaming AEAD, AES-256-GCM in segments of 4 KiB, so unauthenticated data is never passed on. Each file is bound to
 * its plan, its backup and its name. A file in the place of another does not decrypt.
 */
public final class Encryption {

    private static final String TYPE = "interlock-backup-file@v1";

    private final StreamingAead aead;

    private Encryption(StreamingAead aead) {
        this.aead = aead;
    }

    /**
     * Writes a new key to {@code file}.
     *
     * @throws BackupException if the file exists: a key is never replaced
     */
    public static void newKey(Path file) throws IOException {
        try {
            Configuration config = StreamingAeadConfig2026.get();
            KeysetHandle fresh =
                    KeysetHandle.generateNew(PredefinedStreamingAeadParameters.AES256_GCM_HKDF_4KB, config);
            String json = TinkJsonProtoKeysetFormat.serializeKeyset(fresh, config, InsecureSecretKeyAccess.get());
            PrivateFiles.write(file, json.getBytes(StandardCharsets.UTF_8));
        } catch (FileAlreadyExistsException e) {
            throw new BackupException("there is already a key at `" + file + "`; it is not replaced", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no key could be created", e);
        }
    }

    /**
     * Reads the key in {@code file}.
     *
     * @throws BackupException if there is none, or others could read it
     */
    public static Encryption of(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new BackupException("there is no key `" + file + "`; create one with `interlock backup key`");
        }
        byte[] keyset = OwnerFiles.readSecret(file);
        try {
            Configuration config = StreamingAeadConfig2026.get();
            return new Encryption(TinkJsonProtoKeysetFormat.parseKeyset(
                            new String(keyset, StandardCharsets.UTF_8), config, InsecureSecretKeyAccess.get())
                    .getPrimitive(config, StreamingAead.class));
        } catch (GeneralSecurityException e) {
            throw new BackupException("`" + file + "` is not a backup key"); // no cause: it could quote the key
        } finally {
            Arrays.fill(keyset, (byte) 0);
        }
    }

    /** Returns a stream that encrypts into {@code to}. The output is complete only after the stream was closed. */
    OutputStream into(OutputStream to, String plan, String id, String name) throws IOException {
        try {
            return aead.newEncryptingStream(to, bound(plan, id, name));
        } catch (GeneralSecurityException e) {
            throw new BackupException("the backup cannot be encrypted", e);
        }
    }

    /** Returns the decrypted content of {@code from}. Reading throws where it was altered or cut off. */
    InputStream from(InputStream from, String plan, String id, String name) throws IOException {
        try {
            return aead.newDecryptingStream(from, bound(plan, id, name));
        } catch (GeneralSecurityException e) {
            throw new BackupException("`" + name + "` of `" + id + "` cannot be decrypted", e);
        }
    }

    private static byte[] bound(String plan, String id, String name) {
        return Json.object()
                .with("type", TYPE)
                .with("plan", plan)
                .with("backup", id)
                .with("file", name)
                .canonical();
    }
}
