package dev.interlock.cli;

import dev.interlock.config.Config;
import dev.interlock.confine.SandboxReadiness.SandboxRequirement;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.listeners.RemoteAuthority;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Tries the listener for agents on other machines as a stranger does, and checks its own certificate. */
record RemoteListenerCheck(InetSocketAddress address, X509Certificate authority) {

    private static final int PATIENCE_MILLIS = 10_000;
    private static final char[] NO_PASSWORD = {};

    /** {@code unseen} is why something could not be checked. */
    record ListenerFindings(List<SandboxRequirement> findings, List<String> unseen) {

        static final ListenerFindings NONE = new ListenerFindings(List.of(), List.of());

        ListenerFindings {
            findings = List.copyOf(findings);
            unseen = List.copyOf(unseen);
        }

        boolean isWrong() {
            return findings.stream().anyMatch(finding -> !finding.met());
        }
    }

    static ListenerFindings of(Options options) {
        Config config;
        try {
            config = options.config();
        } catch (IOException | RuntimeException e) {
            return ListenerFindings.NONE; // no gateway here, or not one of this user
        }
        if (config.remote().isEmpty()) {
            return ListenerFindings.NONE;
        }
        Config.Remote remote = config.remote().get();
        try {
            byte[] pem = Files.readAllBytes(config.data().resolve("remote.pem"));
            X509Certificate authority = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
            return new RemoteListenerCheck(reachable(remote.listenAddress()), authority).check(remote.names());
        } catch (IOException | GeneralSecurityException e) {
            return new ListenerFindings(List.of(), List.of(unseen(e)));
        }
    }

    /** Returns where a listener at {@code address} is reached from its own machine. */
    static InetSocketAddress reachable(InetSocketAddress address) {
        return !address.isUnresolved() && address.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
                : address;
    }

    private static String unseen(Exception e) {
        return "check of the listener for other machines: " + e.getMessage()
                + "; run this on the gateway, as root, while it runs";
    }

    ListenerFindings check(List<String> names) {
        List<SandboxRequirement> findings = new ArrayList<>();
        try {
            for (String name : names) {
                findings.add(certificate(name));
            }
            findings.add(refusal("without a certificate", names.getFirst(), new KeyManager[0]));
            findings.add(refusal("with another authority's certificate", names.getFirst(), stranger(names)));
            return new ListenerFindings(findings, List.of());
        } catch (IOException | GeneralSecurityException e) {
            return new ListenerFindings(findings, List.of(unseen(e)));
        }
    }

    private SandboxRequirement certificate(String name) throws IOException, GeneralSecurityException {
        String remedy = "restart the gateway: it issues its certificate anew";
        try (SSLSocket socket = open(name, new KeyManager[0])) {
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            Instant end = shown.getNotAfter().toInstant();
            boolean lasts = Instant.now().plus(RemoteAuthority.OVERDUE).isBefore(end);
            return new SandboxRequirement("certificate for " + name, lasts, "it lasts until " + end, remedy);
        } catch (SSLException e) {
            if (!isAboutCertificate(e)) {
                throw e;
            }
            return new SandboxRequirement("certificate for " + name, false, String.valueOf(e.getMessage()), remedy);
        }
    }

    private static boolean isAboutCertificate(Throwable failure) {
        for (Throwable one = failure; one != null; one = one.getCause()) {
            if (one instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /** By TLS 1.3 a client learns only after its own part of the handshake that it is refused. */
    private SandboxRequirement refusal(String how, String name, KeyManager[] identity)
            throws IOException, GeneralSecurityException {
        try (SSLSocket socket = open(name, identity)) {
            byte[] request = ("GET / HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            socket.getOutputStream().write(request);
            boolean answered = socket.getInputStream().read() >= 0;
            return new SandboxRequirement(
                    how,
                    !answered,
                    answered ? "a request was answered" : "the connection was closed",
                    "stop what listens at " + address + ": it is not this gateway");
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            if (isAboutCertificate(e)) {
                throw e;
            }
            return new SandboxRequirement(how, true, "refused: " + e.getMessage(), "");
        }
    }

    /**
     * Returns a certificate of an authority made just now. It has the gateway's name, so that Java's client shows it.
     */
    private static KeyManager[] stranger(List<String> names) throws IOException, GeneralSecurityException {
        Instant now = Instant.now();
        KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        X509Certificate signed = CertificateAuthority.ofMachines(Set.copyOf(names), now, new SecureRandom())
                .issueMachine(pair.getPublic(), "M-doctor", now, now.plus(Duration.ofHours(1)));
        KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
        own.load(null, NO_PASSWORD);
        own.setKeyEntry("stranger", pair.getPrivate(), NO_PASSWORD, new X509Certificate[] {signed});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, NO_PASSWORD);
        return keys.getKeyManagers();
    }

    private SSLSocket open(String name, KeyManager[] identity) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, NO_PASSWORD);
        trusted.setCertificateEntry("gateway", authority);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(identity, trust.getTrustManagers(), new SecureRandom());
        Socket plain = new Socket();
        try {
            plain.connect(address, PATIENCE_MILLIS);
            plain.setSoTimeout(PATIENCE_MILLIS);
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, name, address.getPort(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {"TLSv1.3"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }
}
