package dev.interlock.admin;

import java.time.Duration;
import java.time.Instant;

/** Makes the certificates of remote machines, and closes their connections. */
public interface MachineCertificates {

    /** The longest time of a certificate. The authority that signs it lasts longer. */
    Duration LONGEST = Duration.ofDays(180);

    /** A certificate in PEM form, and its SHA-256 in hexadecimal digits. */
    record SignedCertificate(String pem, String fingerprint) {}

    /** Signs a certificate for {@code machine}. IllegalArgumentException: {@code publicKey} is no PEM key, or weak. */
    SignedCertificate sign(String machine, String publicKey, Instant expires);
    /** Returns the certificate of the authority that machines must trust, in PEM form. */
    String authority();
    /** Returns the URL that machines call, up to the upstream's name. */
    String address();
}
