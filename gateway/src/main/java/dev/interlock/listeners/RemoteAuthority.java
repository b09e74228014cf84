package dev.interlock.listeners;

import dev.interlock.admin.MachineCertificates;
import dev.interlock.config.Config;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.InvalidIdentityException;
import dev.interlock.front.tls.MachineKey;
import dev.interlock.front.tls.ServerIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The certificate authority of the listener for other machines. It certifies the listener under its names, and the
 * machines. Nothing else trusts it, and it is not the authority of the tunnels. Its key stays.
 *
 * <p>Threading: any; {@link #renew} by one thread at a time.
 */
public final class RemoteAuthority implements MachineCertificates {

    /** The listener's certificate lasts for days. Nobody may be shown one that has expired. */
    private static final Duration BEFORE_END = Duration.ofDays(1);
    /** The time before the end of the listener's certificate at which it should long have been renewed. */
    public static final Duration OVERDUE = BEFORE_END.dividedBy(2);

    private static final System.Logger LOG = System.getLogger(RemoteAuthority.class.getName());

    private final Config.Remote settings;
    private final Path key;
    private final Path certificate;
    private final Function<String, Optional<String>> machines;
    private final InstantSource clock;
    private final SecureRandom random;
    private volatile Current current;

    private record Current(CertificateAuthority authority, Instant renewal, ServerIdentity identity) {}

    /** Opens the authority below {@code data}, or makes it; {@code machines} finds one by its certificate's SHA-256. */
    public RemoteAuthority(
            Config.Remote settings,
            Path data,
            Function<String, Optional<String>> machines,
            InstantSource clock,
            SecureRandom random)
            throws IOException {
        this.settings = settings;
        this.key = data.resolve("remote.key");
        this.certificate = data.resolve("remote.pem");
        this.machines = machines;
        this.clock = clock;
        this.random = random;
        this.current = made(issued());
    }

    /** Returns the listener's identity. Clients without the certificate of a machine end in its handshake. */
    public ServerIdentity identity() {
        return current.identity();
    }

    /** Returns the machine that {@code presented} is the certificate of, unless it has ended. */
    public Optional<String> machine(X509Certificate presented) {
        return machines.apply(fingerprint(presented));
    }

    /** Issues certificates anew that grow old. */
    public void renew() {
        Instant now = clock.instant();
        Current had = current;
        try {
            if (!now.isBefore(had.renewal())) {
                current = made(issued());
            } else if (!now.isBefore(had.identity().ends().minus(BEFORE_END))) {
                current = made(had.authority());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the authority of other machines could not be renewed: {0}", e);
        }
    }

    private Current made(CertificateAuthority authority) {
        Instant now = clock.instant();
        return new Current(
                authority,
                now.plus(CertificateAuthority.LIFE_OF_KEPT.dividedBy(2)),
                authority.issueListener(names(), now));
    }

    private CertificateAuthority issued() throws IOException {
        Instant now = clock.instant();
        if (!Files.exists(key)) {
            CertificateAuthority made = CertificateAuthority.ofMachines(names(), now, random);
            // In this order: after a crash between the two there is no key, and both are made again.
            ProxyCa.write(certificate, made.pem(), "rw-------");
            ProxyCa.write(key, made.key().<String>use(text -> text), "rw-------");
            return made;
        }
        try {
            CertificateAuthority again = CertificateAuthority.ofMachinesAgain(
                    Files.readAllBytes(certificate), Files.readAllBytes(key), names(), now, random);
            ProxyCa.write(certificate, again.pem(), "rw-------");
            return again;
        } catch (InvalidIdentityException e) {
            throw new IOException(
                    "`" + key + "` and `" + certificate + "` do not belong together: " + e.getMessage(), e);
        }
    }

    private Set<String> names() {
        return Set.copyOf(settings.names());
    }

    @Override
    public SignedCertificate sign(String machine, String publicKey, Instant expires) {
        X509Certificate signed =
                current.authority().issueMachine(MachineKey.readPublic(publicKey), machine, clock.instant(), expires);
        return new SignedCertificate(CertificateAuthority.pem(signed), fingerprint(signed));
    }

    @Override
    public String authority() {
        return current.authority().pem();
    }

    @Override
    public String address() {
        return "https://" + settings.names().getFirst() + ":"
                + settings.listenAddress().getPort();
    }

    private static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256, and it was read from this form", e);
        }
    }
}
