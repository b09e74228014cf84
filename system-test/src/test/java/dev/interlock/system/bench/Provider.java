package dev.interlock.system.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A route to a provider that speaks TLS at a name: directly, or by a tunnel through a proxy.
 *
 * @param host its name, which leads to this machine
 * @param port its port
 * @param path the requested path
 * @param proxy the port of the proxy on this machine, if there is one
 * @param lease the lease for the proxy, if any
 * @param trust the certificates to trust on this route
 */
record Provider(String host, int port, String path, Optional<Integer> proxy, Optional<String> lease, SSLContext trust) {

    /** Trusts the certificate in {@code file}, and nothing else. */
    static SSLContext trusting(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(file)) {
            store.setCertificateEntry(
                    "only", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /** Opens a new connection with a full handshake, like a client that was just started. */
    PacedConnection connect() throws IOException {
        Socket plain = new Socket();
        plain.setTcpNoDelay(true);
        plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.orElse(port)));
        if (proxy.isPresent()) {
            tunnel(plain);
        }
        SSLSocket socket = (SSLSocket) trust.getSocketFactory().createSocket(plain, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        socket.getSession().invalidate();
        URI to = URI.create("https://" + host + ":" + port + path);
        return new PacedConnection(socket, PacedConnection.request(to, Optional.empty(), BenchInstallation.READ));
    }

    private void tunnel(Socket plain) throws IOException {
        String target = host + ":" + port;
        StringBuilder head = new StringBuilder("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n");
        lease.ifPresent(token -> head.append("Proxy-Authorization: Basic ")
                .append(Base64.getEncoder().encodeToString(("lease:" + token).getBytes(StandardCharsets.US_ASCII)))
                .append("\r\n"));
        plain.getOutputStream().write((head + "\r\n").getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            int next = plain.getInputStream().read();
            if (next < 0) {
                throw new IOException("the proxy hung up: " + answer);
            }
            answer.append((char) next);
        }
        if (!answer.toString().startsWith("HTTP/1.1 200")) {
            throw new IOException("the proxy answered: " + answer);
        }
    }

    /** Makes a certificate for a provider at {@code host} with openssl; its key is beside it. */
    static Path certificate(Path directory, String host) throws IOException, InterruptedException {
        Path certificate = directory.resolve("provider.pem");
        Process openssl = new ProcessBuilder(List.of(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=" + host,
                        "-addext",
                        "subjectAltName=DNS:" + host,
                        "-keyout",
                        directory.resolve("provider.key").toString(),
                        "-out",
                        certificate.toString()))
                .redirectErrorStream(true)
                .start();
        String said = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (openssl.waitFor() != 0) {
            throw new IOException("openssl failed:\n" + said);
        }
        return certificate;
    }
}
