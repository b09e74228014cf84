package dev.interlock.system;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A key of a simulated provider.
 *
 * @param context to serve with it
 * @param authority its certificate in PEM, to be trusted
 */
record SelfSigned(SSLContext context, String authority) {

    private static final String PASSWORD = "changeit";

    /** Makes one for {@code host}, in {@code directory}. */
    static SelfSigned of(String host, Path directory) throws Exception {
        Path store = directory.resolve(host + ".p12");
        Path certificate = directory.resolve(host + ".pem");
        keytool(store, List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=" + host, "-ext", "san=dns:" + host));
        keytool(store, List.of("-exportcert", "-rfc", "-file", certificate.toString()));
        // keytool ends lines with CRLF, as RFC 7468 does
        return new SelfSigned(context(store), Files.readString(certificate).replace("\r", ""));
    }

    private static void keytool(Path store, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        command.addAll(List.of("-alias", "provider", "-keystore", store.toString(), "-storepass", PASSWORD));
        Programs.run(command, "").expect(0);
    }

    private static SSLContext context(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }
}
