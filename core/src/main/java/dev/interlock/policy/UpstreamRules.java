package dev.interlock.policy;

import dev.interlock.action.Backup;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Loopback;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.Seal;
import dev.interlock.action.SealedBots;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Rejects mistakes in one upstream of a seal. */
final class UpstreamRules {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    private static final Pattern HEADER = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9-]{0,31})?");

    private static final Pattern ACCOUNT = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}(\\[bot])?");
    private static final Pattern COMMAND = Pattern.compile("(?=.{2,100}$)\\S+( \\S+)*");

    private static final String DATABASE = "pg";
    private static final String WEB = "web";

    private static final Set<Impact> CONFIRMED = Set.of(Impact.DESTROY, Impact.EXECUTE, Impact.PRIVILEGE);

    private final Seal seal;
    private final Seal.Upstream upstream;
    private final CatalogFacts catalogs;
    private final String path;
    private final List<SealIssue> issues = new ArrayList<>();

    private UpstreamRules(Seal seal, Seal.Upstream upstream, CatalogFacts catalogs) {
        this.seal = seal;
        this.upstream = upstream;
        this.catalogs = catalogs;
        this.path = "upstreams > " + upstream.name();
    }

    static List<SealIssue> check(Seal seal, Seal.Upstream upstream, CatalogFacts catalogs) {
        UpstreamRules rules = new UpstreamRules(seal, upstream, catalogs);
        if (!NAME.matcher(upstream.name()).matches()) {
            rules.issue("", "an upstream is named in lower-case letters, digits and `-`");
        }
        rules.catalog();
        rules.address();
        upstream.credentials().forEach(rules::slot);
        rules.ambiguous();
        rules.resolver();
        if (isKnown(upstream, catalogs)) { // otherwise no name can be one of it
            upstream.resources().values().forEach(rules::placement);
            upstream.patterns().forEach(rules::pattern);
            upstream.backups().forEach(rules::backup);
            upstream.bots().ifPresent(rules::bots);
        }
        return rules.issues;
    }

    /** Returns whether the catalog of {@code upstream} exists; if not, that is an issue of its own. */
    static boolean isKnown(Seal.Upstream upstream, CatalogFacts catalogs) {
        return catalogs.digests().containsKey(upstream.catalog())
                && catalogs.operations().containsKey(upstream.catalog());
    }

    private void catalog() {
        String digest = catalogs.digests().get(upstream.catalog());
        if (!isKnown(upstream, catalogs)) {
            Set<String> known = new java.util.TreeSet<>(catalogs.operations().keySet());
            issue(
                    " > catalog",
                    "there is no catalog `" + FormattedText.of(upstream.catalog()) + "`; known are `"
                            + String.join("`, `", known) + "`");
        } else if (!Objects.equals(digest, seal.catalogs().get(upstream.catalog()))) {
            issue(" > catalog", "the catalog `" + upstream.catalog() + "` has changed since it was sealed");
        }
    }

    private void address() {
        URI address = upstream.address();
        if (upstream.isWeb() != WEB.equals(upstream.catalog())) {
            issue(" > address", "the address `https://*` goes with the catalog `" + WEB + "`, and with no other");
        }
        if (upstream.isWeb()) {
            web();
            return;
        }
        boolean isDatabase = upstream.isDatabase(); // its front encrypts beyond loopback
        if (isDatabase != DATABASE.equals(upstream.catalog())) {
            issue(" > address", "a `postgres` address goes with the catalog `" + DATABASE + "`, and with no other");
        } else if (isDatabase
                && (address.getPath() == null || !address.getPath().matches("/[^/]+"))) {
            issue(" > address", "write it as `postgres://host/database`, with an optional port");
        }
        if (address.getHost() == null || address.isOpaque()) {
            issue(" > address", "write it as `https://host`, with an optional port and path");
        } else if (!isDatabase && !"https".equals(address.getScheme()) && !Loopback.isPlainHttp(address)) {
            issue(" > address", "only `https` may carry a credential; plain `http` is for loopback only");
        }
        if (upstream.priorKnowledge() && !Loopback.isPlainHttp(address)) {
            issue(
                    " > http2",
                    "`prior-knowledge` is for plain `http` on loopback; over TLS the upstream chooses the protocol");
        }
        if (address.getRawUserInfo() != null || address.getRawQuery() != null || address.getRawFragment() != null) {
            issue(" > address", "an address must not have user info, a query or a fragment");
        }
    }

    /** Agents choose the hosts, so nothing goes there but what an address says. */
    private void web() {
        if (!upstream.credentials().isEmpty() || upstream.ca().isPresent() || upstream.inside()) {
            issue("", "an upstream for every host has no `credentials`, no `ca` and no `private`");
        }
        if (seal.upstreams().values().stream().filter(Seal.Upstream::isWeb).count() > 1) {
            issue("", "only one upstream stands for every host");
        }
    }

    private void slot(Seal.CredentialSlot slot) {
        String at = " > credentials > " + slot.name();
        if (!NAME.matcher(slot.name()).matches()) {
            issue(at, "a credential is named in lower-case letters, digits and `-`");
        }
        if (!HEADER.matcher(slot.header()).matches()
                || !SCHEME.matcher(slot.scheme()).matches()) {
            issue(at, "`header` and `scheme` must be plain words");
        }
        issues.addAll(SealIssue.unknown(
                path + at + " > environments",
                slot.environments(),
                seal.environments().keySet()));
        issues.addAll(SealRules.noUnknownImpact(path + at + " > impacts", slot.impacts()));
        if (destroysProtected(slot) && !CONFIRMED.containsAll(slot.impacts())) {
            issue(
                    at + " > impacts",
                    "a credential that can destroy in a protected environment opens only for a confirmation, so beside that it may only `execute` and change `privilege`; make a separate one for the other impacts");
        }
    }

    private boolean destroysProtected(Seal.CredentialSlot slot) {
        return slot.impacts().contains(Impact.DESTROY)
                && slot.environments().stream()
                        .map(seal.environments()::get)
                        .anyMatch(environment -> environment != null && environment.isProtected());
    }

    /** The resolver's credential is left out: only the gateway itself uses it. */
    private void ambiguous() {
        List<Seal.CredentialSlot> slots = upstream.credentials().stream()
                .filter(slot -> !upstream.resolver().equals(Optional.of(slot.name())))
                .toList();
        for (int i = 0; i < slots.size(); i++) {
            for (Seal.CredentialSlot other : slots.subList(0, i)) {
                ambiguous(slots.get(i), other);
            }
        }
    }

    private void ambiguous(Seal.CredentialSlot slot, Seal.CredentialSlot other) {
        if (Collections.disjoint(slot.impacts(), other.impacts())
                || Collections.disjoint(slot.environments(), other.environments())) {
            return;
        }
        Impact impact = slot.impacts().stream()
                .filter(other.impacts()::contains)
                .findFirst()
                .orElseThrow();
        String environment = slot.environments().stream()
                .filter(other.environments()::contains)
                .findFirst()
                .orElseThrow();
        issue(
                " > credentials > " + slot.name(),
                "both `" + other.name() + "` and `" + slot.name() + "` fit `" + impact.word() + "` in `" + environment
                        + "`; remove that from one of them");
    }

    private void resolver() {
        if (upstream.resolver().isEmpty()) {
            return;
        }
        Optional<Seal.CredentialSlot> slot = upstream.credentials().stream()
                .filter(s -> s.name().equals(upstream.resolver().get()))
                .findFirst();
        if (slot.isEmpty()) {
            issue(
                    " > resolver",
                    "there is no credential `"
                            + FormattedText.of(upstream.resolver().get()) + "` here");
        } else if (!slot.get().impacts().equals(Set.of(Impact.READ))) {
            issue(" > resolver", "the resolver's credential must have only the impact `read`");
        }
    }

    private void placement(Placement placement) {
        String at = " > resources > " + placement.resource();
        place(at, placement.environments(), placement.groups());
        ofThisProvider(at, placement.resource().provider(), placement.resource().toString());
    }

    private void pattern(ResourcePattern pattern) {
        String at = " > resources > " + pattern;
        place(at, pattern.environments(), pattern.groups());
        ofThisProvider(at, pattern.provider(), pattern.toString());
    }

    private void place(String at, Set<String> environments, Set<Resource> groups) {
        issues.addAll(SealIssue.unknown(
                path + at + " > environments", environments, seal.environments().keySet()));
        groups.forEach(group -> ofThisProvider(at + " > groups", group.provider(), group.toString()));
    }

    private void backup(Backup backup) {
        ofThisProvider(" > backups", backup.of().provider(), backup.of().toString());
        if (backup.restoredAt().isPresent()) {
            issue(" > backups", "a seal cannot claim that a backup was restored; only Interlock can attest it");
        }
    }

    private void bots(SealedBots bots) {
        String at = " > bots";
        bots.accounts().forEach(name -> account(at + " > accounts", name));
        bots.people().forEach(name -> account(at + " > people", name));
        bots.accounts().stream()
                .filter(bots.people()::contains)
                .forEach(name -> issue(at, "`" + FormattedText.of(name) + "` is either a bot or one of `people`"));
        bots.commands().stream()
                .filter(line -> !COMMAND.matcher(line).matches())
                .forEach(line -> issue(
                        at + " > commands",
                        "`" + FormattedText.of(line)
                                + "` is not the beginning of a line: two characters or more, with single spaces"));
        bots.noneIn().forEach(name -> absence(at + " > none-in", name));
    }

    private void account(String at, String name) {
        if (!ACCOUNT.matcher(name).matches()) {
            issue(at, "`" + FormattedText.of(name) + "` is not the name of an account; write it without `@`");
        }
    }

    private void absence(String at, String name) {
        try {
            ofThisProvider(at, Resource.parse(name).provider(), name);
            if (ResourcePattern.isPattern(name)
                    && ResourcePattern.parse(name, Set.of(name), Set.of()).isWholeType()) {
                issue(at, "`" + FormattedText.of(name) + "` is everywhere; write the beginning of a name");
            }
        } catch (IllegalArgumentException e) {
            issue(at, "`" + FormattedText.of(name) + "` is no resource or pattern: " + e.getMessage());
        }
    }

    private void ofThisProvider(String at, String provider, String resource) {
        if (!provider.equals(upstream.catalog())) {
            issue(at, "`" + FormattedText.of(resource) + "` is not a resource of `" + upstream.catalog() + "`");
        }
    }

    private void issue(String at, String message) {
        issues.add(new SealIssue(path + at, message));
    }
}
