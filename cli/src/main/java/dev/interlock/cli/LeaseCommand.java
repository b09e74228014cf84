package dev.interlock.cli;

import dev.interlock.action.Durations;
import dev.interlock.action.Lease;
import dev.interlock.adminapi.EndedLeases;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Json;
import dev.interlock.identity.Leases;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "lease",
        description = "Leases: what agents hold instead of credentials.",
        footer = {
            "  interlock lease issue --agent jer/cursor --task work",
            "  interlock lease derive --impact read --ttl 10m",
            "  interlock lease list",
            "  interlock lease revoke L-01JD…"
        })
final class LeaseCommand extends TerminalCommand {

    static final SigningDialogue<LeaseQuestion.IssuedLease> ISSUING =
            new SigningDialogue<>(LeaseQuestion.IssueLease::new, Leases.NAMESPACE, "LEASE");

    @Command(
            name = "issue",
            description =
                    "Issue a lease and print its token, or with --json the whole lease. Options that are not given come from the task template. A lease beyond the template, or for a protected environment, needs a signature.",
            footer = "  interlock lease issue --agent jer/cursor --task work --ttl 30m --json")
    int issue(
            @Option(names = "--agent", required = true, description = "The enrolled agent, as jer/cursor.")
                    String agent,
            @Option(
                            names = "--task",
                            required = true,
                            description =
                                    "A task template of the seal, or another name. A typing mistake for a template is an error.")
                    String task,
            @Mixin ScopeOptions scope,
            @Option(names = "--ttl", description = "How long it lasts, as 30m, 8h or 1d.") @Nullable String ttl,
            @Option(names = "--key", description = "Sign with this SSH key, if a signature is needed.") @Nullable Path key,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        LeaseQuestion.IssuedLease lease = issue(daemon, scope.terms(agent, task, ttl), key, terminal);
        print(lease, terminal);
        return terminal.answer(own, lease, lease.token().<String>use(token -> token));
    }

    /** From the notation of policy files to that of the daemon. */
    static String seconds(String ttl) {
        Duration lifetime = Durations.read(ttl)
                .orElseThrow(() ->
                        new UsageException("`--ttl` must be written as `90s`, `30m`, `8h` or `1d`, not `" + ttl + "`"));
        if (lifetime.compareTo(Lease.MAX_TTL) > 0) {
            throw new UsageException("a lease lasts at most " + Lease.MAX_TTL.toHours() + " hours");
        }
        return lifetime.toSeconds() + "s";
    }

    static long minutes(String ttl) {
        return Math.max(1, Duration.parse("PT" + seconds(ttl)).toMinutes());
    }

    /** The text to sign is shown on standard error, apart from the output for programs. */
    static LeaseQuestion.IssuedLease issue(AdminClient daemon, LeaseTerms terms, @Nullable Path key, Terminal terminal)
            throws Exception {
        return key == null
                ? daemon.ask(new LeaseQuestion.IssueLease(terms))
                : ISSUING.by(key, new LeaseQuestion.PrepareLease(terms), daemon, terminal);
    }

    static void print(LeaseQuestion.IssuedLease lease, Terminal terminal) {
        tellOfNext(lease, terminal);
        tellOfNoTemplate(lease, terminal);
    }

    /** Tells the signer the consequences of the signature now, before somebody fails to confirm a hold. */
    static void tellOfNext(LeaseQuestion.IssuedLease lease, Terminal terminal) {
        lease.next().ifPresent(terminal::problem);
    }

    /** A task that is none of the seal permits little: the warning says why. */
    private static void tellOfNoTemplate(LeaseQuestion.IssuedLease lease, Terminal terminal) {
        LeaseQuestion.Lease terms = lease.terms();
        if (terms.template().isPresent()) {
            return;
        }
        Duration life = Duration.between(terms.issued(), terms.expires());
        String impacts = String.join(", ", terms.impacts());
        terminal.problem("no sealed task `" + terms.task() + "`" + nearest(lease) + ": "
                + (impacts.equals("read") ? "read only" : impacts) + ", " + words(life));
    }

    private static String nearest(LeaseQuestion.IssuedLease lease) {
        List<String> near = Suggestions.to(lease.terms().task(), lease.tasks().orElse(List.of()));
        return near.isEmpty()
                ? ""
                : ", the nearest " + (near.size() == 1 ? "is `" : "are `") + String.join("`, `", near) + "`";
    }

    private static String words(Duration life) {
        if (life.equals(Duration.ofHours(1))) {
            return "1 hour";
        }
        return life.toMinutesPart() == 0 && life.toHours() > 0
                ? life.toHours() + " hours"
                : life.toMinutes() + " minutes";
    }

    @Command(
            name = "derive",
            description =
                    "Derive a narrower lease from your own, and print its token; options that are not given stay as they are. Your token is never read from the command line.",
            footer = {
                "  interlock lease derive --impact read --ttl 10m",
                "  curl -s -H \"Authorization: Bearer $INTERLOCK_LEASE\" --json '{\"impacts\":[\"read\"]}' \\",
                "      $INTERLOCK_GATEWAY/.interlock/leases"
            })
    int derive(
            @Mixin ScopeOptions scope,
            @Option(names = "--ttl", description = "How long it lasts; as long as your own lease unless given.")
                    @Nullable String ttl,
            @Mixin HolderOptions holder,
            @Mixin Options own)
            throws Exception {
        Json.Members asked = scope.of(Json.object())
                .withOptional("ttl", Optional.ofNullable(ttl).map(LeaseCommand::seconds));
        return holder.client(own)
                .derive(holder.token(), asked)
                .exit(terminal, told -> terminal.answer(own, told, told.text("token")));
    }

    @Command(
            name = "list",
            description = "List the leases that have not ended, and mark those that the seal in force does not allow.",
            footer = "  interlock lease list")
    int list(@Mixin Options own) throws Exception {
        LeaseQuestion.Leases result = own.daemon().ask(new LeaseQuestion.ListLeases());
        return terminal.answer(
                own,
                result,
                List.of("LEASE", "STATE", "AGENT", "TASK", "ENVIRONMENTS", "IMPACTS", "EXPIRES", "ROOT"),
                result.leases().stream()
                        .map(lease -> List.of(
                                lease.terms().id(),
                                lease.state(),
                                lease.terms().agent(),
                                lease.terms().task(),
                                String.join(", ", lease.terms().environments()),
                                String.join(", ", lease.terms().impacts()),
                                CellFormat.time(lease.terms().expires()),
                                lease.terms().root().orElse("–")))
                        .toList());
    }

    @Command(name = "revoke", description = "End a lease at once.", footer = "  interlock lease revoke L-01JD…")
    int revoke(@Parameters(paramLabel = "LEASE") String lease, @Mixin Options own) throws Exception {
        EndedLeases result = own.daemon().ask(new LeaseQuestion.RevokeLease(lease));
        return terminal.answer(own, result, lease + " is revoked." + CellFormat.unrecorded(result));
    }
}
