package dev.interlock.listeners;

import dev.interlock.action.Seal;
import dev.interlock.front.http.UpstreamOrigin;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.InvalidIdentityException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The certificate authority for the seal's hosts, for clients outside of any sandbox. Its key stays. Its certificate is
 * issued anew when the seal's hosts change, and everybody can read it.
 *
 * <p>Threading: {@link #renew} by one thread at a time.
 */
public final class ProxyCa {

    private final Path key;
    private final Path certificate;
    private final Path published;
    private final Supplier<Optional<Seal>> seals;
    private final Consumer<CertificateAuthority> taken;
    private final InstantSource clock;
    private final SecureRandom random;
    private Set<String> hosts = Set.of();
    private Instant renewal = Instant.MIN;

    /**
     * Creates an authority that stores its key below {@code data}.
     *
     * @param run the directory where it is published, as {@code authority.pem}
     * @param taken receives the authority each time that it has a new certificate
     */
    public ProxyCa(
            Path data,
            Path run,
            Supplier<Optional<Seal>> seals,
            Consumer<CertificateAuthority> taken,
            InstantSource clock,
            SecureRandom random) {
        this.key = data.resolve("authority.key");
        this.certificate = data.resolve("authority.pem");
        this.published = run.resolve("authority.pem");
        this.seals = seals;
        this.taken = taken;
        this.clock = clock;
        this.random = random;
    }

    /** Issues a certificate for the hosts in the seal, if the last one is for other hosts, or grows old. */
    public void renew() {
        Set<String> sealed = seals.get().map(ProxyCa::hosts).orElse(Set.of());
        if (sealed.isEmpty() || (sealed.equals(hosts) && clock.instant().isBefore(renewal))) {
            return; // without a seal there are no tunnels: trust in the old certificate does no harm
        }
        try {
            CertificateAuthority authority = issued(sealed);
            write(certificate, authority.pem(), "rw-------");
            write(published, authority.pem(), "rw-r--r--");
            taken.accept(authority);
            hosts = sealed;
            renewal = clock.instant().plus(CertificateAuthority.LIFE_OF_KEPT.dividedBy(2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvalidIdentityException e) {
            throw new IllegalStateException(
                    "`" + key + "` and `" + certificate + "` do not belong together; remove both", e);
        }
    }

    private CertificateAuthority issued(Set<String> sealed) throws IOException, InvalidIdentityException {
        if (Files.exists(key)) {
            return CertificateAuthority.again(
                    Files.readAllBytes(certificate), Files.readAllBytes(key), sealed, clock.instant(), random);
        }
        CertificateAuthority made = CertificateAuthority.longLived(sealed, clock.instant(), random);
        // In this order: after a crash between the two there is no key, and both are made again.
        write(certificate, made.pem(), "rw-------");
        write(key, made.key().<String>use(text -> text), "rw-------");
        return made;
    }

    private static Set<String> hosts(Seal seal) {
        return seal.upstreams().values().stream()
                .map(upstream -> UpstreamOrigin.of(upstream.address()))
                .filter(origin -> origin.scheme().equals("https") && origin.isNamed())
                .map(UpstreamOrigin::host)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static void write(Path file, String text, String permissions) throws IOException {
        PrivateFiles.replace(
                file, text.getBytes(StandardCharsets.US_ASCII), PosixFilePermissions.fromString(permissions));
    }
}
