package dev.interlock.listeners;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.front.git.GitUpstream;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.postgres.DatabaseSurvey;
import dev.interlock.front.postgres.DatabaseUndo;
import dev.interlock.front.postgres.QuarantineExpiry;
import dev.interlock.front.tls.TrustedRoots;
import dev.interlock.gate.Credential;
import dev.interlock.inventory.ResolverQuery;
import dev.interlock.policy.SealsInForce;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.CredentialResult;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Sends the gateway's own questions under the upstream's resolver credential, which can only read.
 *
 * @param quarantines what lies in quarantine in each database, as it was seen last
 */
public record ResolverClient(
        SealsInForce seals,
        CredentialKeeper keys,
        SealedRoutes routes,
        UpstreamClient upstreams,
        Map<String, String> quarantines)
        implements ResolverQuery, GitUpstream {

    private static final System.Logger LOG = System.getLogger(ResolverClient.class.getName());

    @Override
    public Bytes ask(Seal.Upstream upstream, Call query) throws IOException {
        Seal seal = seals.current().orElseThrow(() -> new IOException("no seal is in force"));
        return upstreams.ask(routes.route(seal, upstream), HttpCall.of(query), credential(seal, upstream));
    }

    /** {@inheritDoc} An upstream that takes no credential is asked without one. */
    @Override
    public void ask(Seal seal, Seal.Upstream upstream, HttpCall query, OutputStream answer, long most)
            throws IOException {
        Credential credential = upstream.credentials().isEmpty() ? Credential.none() : credential(seal, upstream);
        upstreams.download(routes.route(seal, upstream), query, credential, answer, most);
    }

    /** Asks a database about itself, in a session that only reads. */
    public DatabaseSurvey survey(Seal seal, Seal.Upstream upstream) throws IOException {
        return DatabaseSurvey.of(
                upstream.address(), role(seal, upstream), TrustedRoots.sockets(upstream.ca()), new SecureRandom());
    }

    public ResolverClient(
            SealsInForce seals, CredentialKeeper keys, SealedRoutes routes, UpstreamClient upstreams) {
        this(seals, keys, routes, upstreams, new ConcurrentSkipListMap<>());
    }

    /** Has the databases of the seal drop what was in quarantine for as long as was said, once that is recorded. */
    public void expire(Seal seal, QuarantineExpiry.Recording records) {
        quarantines.keySet().retainAll(seal.upstreams().keySet());
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            if (DatabaseUndo.isFor(upstream) && upstream.resolver().isPresent()) {
                try {
                    Optional<String> left = QuarantineExpiry.run(
                            upstream.address(),
                            role(seal, upstream),
                            TrustedRoots.sockets(upstream.ca()),
                            told -> records.record(
                                    told.with("command", "quarantine.expire").with("upstream", upstream.name())));
                    quarantines.remove(upstream.name());
                    left.ifPresent(words -> quarantines.put(upstream.name(), upstream.name() + " " + words));
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.WARNING, "a quarantine is looked at again later: {0}", e.getMessage());
                }
            }
        }
    }

    private Secret role(Seal seal, Seal.Upstream upstream) throws IOException {
        return credential(seal, upstream)
                .headerFor(upstream.address())
                .map(header -> new Secret(header.value()))
                .orElseThrow(() -> new IOException("the resolver has no credential"));
    }

    /** Sends {@code call} of the gateway's own, and returns the session that the answer names. */
    Optional<String> tell(Seal seal, Seal.Upstream upstream, HttpCall call) throws IOException {
        return upstreams.tell(routes.route(seal, upstream), call, credential(seal, upstream));
    }

    private Credential credential(Seal seal, Seal.Upstream upstream) throws IOException {
        return switch (keys.resolver(seal.id(), upstream.name())) {
            case CredentialResult.CredentialRefused(String reason) -> throw new IOException(reason);
            case CredentialResult.NoCredentialNeeded _ ->
                throw new IOException("the seal names no resolver for this upstream");
            case CredentialResult.CredentialOpened(var credential) -> Credential.of(credential);
        };
    }
}
