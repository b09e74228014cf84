package dev.interlock.front.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x509.GeneralName;

/** A server's certificate and its issuers, in the order in which they are sent. */
final class CertificateChain {

    /** Maximum certificates. Real chains have two or three. */
    private static final int MAX = 10;

    private CertificateChain() {}

    static List<X509Certificate> read(byte[] pem, Instant now) throws InvalidIdentityException {
        List<X509Certificate> chain = certificates(pem);
        if (chain.isEmpty() || chain.size() > MAX) {
            throw InvalidIdentityException.ofChain(
                    "it contains no certificate in PEM form, or more than " + MAX,
                    "put the server's own certificate first, then each issuer's");
        }
        requireOrder(chain);
        requireTime(chain, now);
        return chain;
    }

    static X509Certificate first(byte[] pem) throws InvalidIdentityException {
        List<X509Certificate> all = certificates(pem);
        if (all.isEmpty()) {
            throw InvalidIdentityException.ofChain("it contains no certificate in PEM form", "create it again");
        }
        return all.getFirst();
    }

    private static List<X509Certificate> certificates(byte[] pem) throws InvalidIdentityException {
        try {
            return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (CertificateException | ClassCastException _) {
            throw InvalidIdentityException.ofChain("it cannot be read as certificates", "write them in PEM form");
        }
    }

    private static void requireOrder(List<X509Certificate> chain) throws InvalidIdentityException {
        for (int i = 0; i + 1 < chain.size(); i++) {
            try {
                chain.get(i).verify(chain.get(i + 1).getPublicKey());
            } catch (GeneralSecurityException _) {
                throw InvalidIdentityException.ofChain(
                        "its certificate " + (i + 1) + " was not issued by number " + (i + 2),
                        "put the server's own certificate first, then each issuer's");
            }
        }
    }

    private static void requireTime(List<X509Certificate> chain, Instant now) throws InvalidIdentityException {
        for (X509Certificate certificate : chain) {
            try {
                certificate.checkValidity(Date.from(now));
            } catch (CertificateException _) {
                throw InvalidIdentityException.ofChain(
                        "a certificate in it is valid from "
                                + certificate.getNotBefore().toInstant() + " to "
                                + certificate.getNotAfter().toInstant() + ", and it is " + now,
                        "renew it");
            }
        }
    }

    /** Returns the host names it is for, lower case. A {@code *} stands for unnamed hosts, and is left out. */
    static Set<String> names(X509Certificate certificate) throws InvalidIdentityException {
        try {
            Collection<List<?>> all =
                    Objects.requireNonNullElse(certificate.getSubjectAlternativeNames(), Set.<List<?>>of());
            return all.stream()
                    .filter(name -> name.getFirst().equals(GeneralName.dNSName))
                    .map(name -> name.get(1).toString().toLowerCase(Locale.ROOT))
                    .filter(name -> name.indexOf('*') < 0)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (CertificateParsingException _) {
            throw InvalidIdentityException.ofChain(
                    "the names in its first certificate cannot be read", "create it again");
        }
    }
}
