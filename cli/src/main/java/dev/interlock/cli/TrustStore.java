package dev.interlock.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;

/**
 * The certificate authorities of the machine, in the form in which Java reads them. Java cannot read Debian's file
 * itself. The file has no password, as it holds no secret.
 */
public final class TrustStore {

    private TrustStore() {}

    /** Runs with the arguments {@code PEM STORE}: reads the first file, and replaces the second. */
    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        write(Path.of(arguments[0]), Path.of(arguments[1]));
    }

    static void write(Path pem, Path store) throws IOException, GeneralSecurityException {
        // Without these two a password would be needed to read it.
        Security.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
        Security.setProperty("keystore.pkcs12.macAlgorithm", "NONE");
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = new BufferedInputStream(Files.newInputStream(pem))) {
            for (Certificate authority : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                authorities.setCertificateEntry(
                        HexFormat.of().formatHex(digest.digest(authority.getEncoded())), authority);
            }
        }
        if (authorities.size() == 0) {
            throw new IOException("`" + pem + "` holds no certificate authority");
        }
        Path draft = store.resolveSibling(store.getFileName() + ".new");
        try (OutputStream out = Files.newOutputStream(draft)) {
            authorities.store(out, null);
        }
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(draft, store, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
