package dev.interlock.front.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;

/** The identity of the front for clients that speak TLS. */
public final class ServerIdentity {

    // In TLS 1.2 a client may repeat the handshake on one connection, without limit. HTTP/2 forbids it (RFC 9113
    // §9.2.1). The JDK reads this property once, at the first handshake of a server.
    static {
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    /** Maximum cached sessions of returning clients; each takes some kilobytes. */
    private static final int MAX_SESSIONS = 1024;

    private final SslContext context;
    private final List<X509Certificate> chain;
    private final PrivateKey key;
    private final Set<String> names;
    private final Set<String> askable;

    private ServerIdentity(
            List<X509Certificate> chain, PrivateKey key, Set<String> names, Set<String> askable, boolean ofMachines)
            throws InvalidIdentityException {
        this.context = context(chain, key, ofMachines);
        this.chain = List.copyOf(chain);
        this.key = key;
        this.names = Set.copyOf(names);
        this.askable = Set.copyOf(askable);
    }

    /**
     * Reads a chain of certificates and the key of its first, both in PEM form; says which of the two is wrong, and
     * how.
     */
    public static ServerIdentity read(byte[] chain, byte[] key, Instant now) throws InvalidIdentityException {
        List<X509Certificate> certificates = CertificateChain.read(chain, now);
        Set<String> names = CertificateChain.names(certificates.getFirst());
        Set<String> askable = new HashSet<>(names);
        askable.add("localhost"); // clients on this machine call it by that name
        return new ServerIdentity(
                certificates, PrivateKeyFile.read(key, certificates.getFirst()), names, askable, false);
    }

    /**
     * Returns the identity for a leaf certificate that the gateway's own {@code authority} issued for {@code names}.
     *
     * @param ofMachines whether it speaks TLS 1.3 alone, and only with clients that have a certificate of that
     *     authority
     */
    static ServerIdentity issued(
            X509Certificate leaf, X509Certificate authority, PrivateKey key, Set<String> names, boolean ofMachines) {
        try {
            return new ServerIdentity(List.of(leaf, authority), key, names, names, ofMachines);
        } catch (InvalidIdentityException e) {
            throw new IllegalStateException("this pair was made for TLS", e);
        }
    }

    /** Returns the server's certificate, then each issuer's. */
    public List<X509Certificate> chain() {
        return chain;
    }

    public PrivateKey key() {
        return key;
    }

    /** Returns the names that clients may ask for, lower case, without those that have a {@code *}. */
    public Set<String> names() {
        return names;
    }

    public Instant ends() {
        return certificate().getNotAfter().toInstant();
    }

    /** Returns the first certificate, by which the front's own client recognises it. */
    public X509Certificate certificate() {
        return chain.getFirst();
    }

    private static SslContext context(List<X509Certificate> chain, PrivateKey key, boolean ofMachines)
            throws InvalidIdentityException {
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(key, chain);
            if (ofMachines) {
                builder.trustManager(chain.getLast()).clientAuth(ClientAuth.REQUIRE);
            }
            return builder.sslProvider(SslProvider.JDK)
                    .protocols(ofMachines ? List.of("TLSv1.3") : List.of("TLSv1.3", "TLSv1.2"))
                    // For TLS 1.2, only ciphers that HTTP/2 may use (RFC 9113 §9.2.2): forward secrecy and AEAD.
                    .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT, // RFC 7301 §3.2
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.FATAL_ALERT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .sessionCacheSize(MAX_SESSIONS)
                    .build();
        } catch (SSLException | IllegalArgumentException _) {
            throw InvalidIdentityException.ofKey(
                    "it cannot be used for TLS", "create an EC P-256 key or an RSA key of 2048 bits");
        }
    }

    /**
     * Returns the server's side of {@code socket}, for a thread that blocks, by the same rules.
     *
     * @param read what has been read of it
     * @param protocol the one name that a client may propose by ALPN
     */
    public SSLSocket accept(Socket socket, byte[] read, String protocol) throws IOException {
        SSLSocket secured = (SSLSocket) ((JdkSslContext) context) // as SslProvider.JDK makes it
                .context()
                .getSocketFactory()
                .createSocket(socket, new ByteArrayInputStream(read), true);
        secured.setUseClientMode(false);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        parameters.setCipherSuites(SupportedCipherSuiteFilter.INSTANCE.filterCipherSuites(
                Http2SecurityUtil.CIPHERS,
                List.of(parameters.getCipherSuites()),
                Set.of(secured.getSupportedCipherSuites())));
        parameters.setUseCipherSuitesOrder(true);
        parameters.setSNIMatchers(Set.of(new KnownNames()));
        parameters.setApplicationProtocols(new String[] {protocol});
        secured.setSSLParameters(parameters);
        return secured;
    }

    /** Returns the server's side of one connection. */
    public SslHandler handler(ByteBufAllocator memory) {
        SslHandler handler = context.newHandler(memory);
        SSLEngine engine = handler.engine();
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setUseCipherSuitesOrder(true);
        parameters.setSNIMatchers(Set.of(new KnownNames()));
        engine.setSSLParameters(parameters);
        return handler;
    }

    /**
     * Accepts only known names. A client that asks for another name was misled here, and gets an alert (RFC 6066 §3).
     */
    private final class KnownNames extends SNIMatcher {

        private KnownNames() {
            super(StandardConstants.SNI_HOST_NAME);
        }

        @Override
        public boolean matches(SNIServerName asked) {
            String name = new SNIHostName(asked.getEncoded()).getAsciiName().toLowerCase(Locale.ROOT);
            return askable.contains(name);
        }
    }
}
