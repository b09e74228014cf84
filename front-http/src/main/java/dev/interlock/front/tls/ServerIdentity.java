package dev.interlock.front.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
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
import javax.net.ssl.StandardConstants;

/** Who the front is to clients that speak TLS. */
public final class ServerIdentity {

    // TLS 1.2 lets a client shake hands again and again on one connection, where nothing bounds it; HTTP/2 forbids it
    // (RFC 9113 §9.2.1). The JDK asks this once, when the first server shakes hands.
    static {
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    /** Of clients that come back; each is some kilobytes. */
    private static final int MAX_SESSIONS = 1024;

    private final SslContext context;
    private final List<X509Certificate> chain;
    private final PrivateKey key;
    private final Set<String> names;
    private final Set<String> askable;
    private final X509Certificate own;

    private ServerIdentity(
            List<X509Certificate> chain, PrivateKey key, Set<String> names, Set<String> askable, X509Certificate own)
            throws BadIdentityException {
        this.context = context(chain, key);
        this.chain = List.copyOf(chain);
        this.key = key;
        this.names = Set.copyOf(names);
        this.askable = Set.copyOf(askable);
        this.own = own;
    }

    /**
     * Reads a chain of certificates and the key of its first, both in PEM form.
     *
     * @throws BadIdentityException if they are not what they should be; says which of the two, and what to do
     */
    public static ServerIdentity read(byte[] chain, byte[] key, Instant now) throws BadIdentityException {
        List<X509Certificate> certificates = CertificateChain.read(chain, now);
        X509Certificate own = certificates.getFirst();
        Set<String> names = CertificateChain.names(own);
        Set<String> askable = new HashSet<>(names);
        askable.add("localhost"); // by which clients on this machine call it
        return new ServerIdentity(certificates, PrivateKeyFile.read(key, own), names, askable, own);
    }

    /** The identity of one that an authority of our own vouched for as {@code host}. */
    static ServerIdentity vouchedFor(X509Certificate leaf, X509Certificate authority, PrivateKey key, String host) {
        try {
            return new ServerIdentity(List.of(leaf, authority), key, Set.of(host), Set.of(host), leaf);
        } catch (BadIdentityException e) {
            throw new IllegalStateException("this pair was made for TLS", e);
        }
    }

    /** The server's certificate, then each issuer's. */
    public List<X509Certificate> chain() {
        return chain;
    }

    /** The key of the first. */
    public PrivateKey key() {
        return key;
    }

    /** The names that clients may ask for, lower case; those with a {@code *} are no names. */
    public Set<String> names() {
        return names;
    }

    /** When the first certificate of the chain ends. */
    public Instant ends() {
        return own.getNotAfter().toInstant();
    }

    /** What it shows first, by which the front's own client knows it. */
    public X509Certificate certificate() {
        return own;
    }

    private static SslContext context(List<X509Certificate> chain, PrivateKey key) throws BadIdentityException {
        try {
            return SslContextBuilder.forServer(key, chain)
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2")
                    // Of TLS 1.2, only what HTTP/2 may use (RFC 9113 §9.2.2): forward secrecy and AEAD.
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
            throw BadIdentityException.ofKey(
                    "it cannot be used for TLS", "make an EC P-256 or an RSA key of 2048 bits");
        }
    }

    /** The server's side of one connection. */
    public SslHandler handler(ByteBufAllocator memory) {
        SslHandler handler = context.newHandler(memory);
        SSLEngine engine = handler.engine();
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setUseCipherSuitesOrder(true);
        parameters.setSNIMatchers(Set.of(new Known()));
        engine.setSSLParameters(parameters);
        return handler;
    }

    /** A client that asks for somebody else was led here; it is told so by an alert (RFC 6066 §3). */
    private final class Known extends SNIMatcher {

        private Known() {
            super(StandardConstants.SNI_HOST_NAME);
        }

        @Override
        public boolean matches(SNIServerName asked) {
            String name = new SNIHostName(asked.getEncoded()).getAsciiName().toLowerCase(Locale.ROOT);
            return askable.contains(name);
        }
    }
}
