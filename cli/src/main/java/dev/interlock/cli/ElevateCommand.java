package dev.interlock.cli;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "elevate",
        description =
                "Widen a lease that is too narrow, with a person's signature. Refusals name the exact command. In `run` the agent's own lease is widened for a while; otherwise this issues a second, wider lease and prints its token.",
        footer =
                "  interlock elevate --lease L-01JD… --environment production --impact read --key ~/.ssh/id_ed25519_sk")
final class ElevateCommand extends ConfiguredCommand {

    @Option(names = "--lease", required = true, paramLabel = "LEASE", description = "The lease that is too narrow.")
    private String lease = "";

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            description = "An environment to add; repeatable.")
    private List<String> environments = List.of();

    @Option(names = "--impact", paramLabel = "IMPACT", split = ",", description = "An impact to add; repeatable.")
    private List<String> impacts = List.of();

    @Option(
            names = "--resource",
            split = ",",
            description = "A resource to add, if the lease is limited to resources; repeatable.")
    private List<String> resources = List.of();

    @Option(names = "--ttl", defaultValue = "15m", description = "How long it lasts; ${DEFAULT-VALUE} unless given.")
    private String ttl = "15m";

    @Option(
            names = "--key",
            required = true,
            description = "The hardware SSH key of the agent's owner, or of another person of `owners`.")
    private Path key = Path.of("");

    @Override
    public Integer call() throws Exception {
        Options.impacts(impacts);
        Options.resources(resources);
        AdminClient daemon = options.daemon();
        LeaseQuestion.Lease narrow = daemon.ask(new LeaseQuestion.ListLeases()).leases().stream()
                .map(LeaseQuestion.CurrentLease::terms)
                .filter(listed -> listed.id().equals(lease))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "There is no lease `" + lease + "` in force.", "See `interlock lease list`."));
        if (narrow.bound()) {
            return raise(daemon, narrow);
        }
        LeaseQuestion.IssuedLease wider = LeaseCommand.issue(daemon, wider(narrow), key, terminal);
        LeaseCommand.tellOfNext(wider, terminal);
        return terminal.answer(options, wider, wider.token().<String>use(token -> token));
    }

    /** A sandbox's listener accepts no other lease. So the elevation applies to this lease only. */
    private int raise(AdminClient daemon, LeaseQuestion.Lease narrow) throws Exception {
        SshKeygen.requireReadable(key);
        String hold = daemon.ask(new HoldQuestion.OpenElevation(
                        lease,
                        Set.copyOf(environments.isEmpty() ? narrow.environments() : environments),
                        Set.copyOf(impacts.isEmpty() ? narrow.impacts() : impacts),
                        Set.copyOf(resources),
                        Optional.of(LeaseCommand.minutes(ttl)),
                        "a person ran `interlock elevate`"))
                .hold();
        HoldQuestion.SignedHold result;
        try {
            result = sign(daemon, hold);
        } catch (IOException | AdminRefusedException e) {
            // To deny it here would also keep the agent from asking for the same.
            terminal.problem("the elevation was not confirmed, and " + hold
                    + " still waits for a signature. To sign it: interlock hold sign " + hold + " --key KEY"
                    + options.again() + ". To end it: interlock hold deny " + hold + " --reason WHY" + options.again());
            throw e;
        }
        return terminal.answer(options, RecordJson.write(result).with("hold", hold), result.result());
    }

    private HoldQuestion.SignedHold sign(AdminClient daemon, String hold)
            throws IOException, InterruptedException, AdminRefusedException {
        byte[] statement =
                daemon.ask(new HoldQuestion.ShowHold(hold)).statement().getBytes(StandardCharsets.UTF_8);
        terminal.aside(dev.interlock.confirm.StatementText.of(Statement.read(statement), KeptTexts.NONE));
        String signature = SshKeygen.sign(key, Statement.NAMESPACE, statement);
        return daemon.ask(
                new HoldQuestion.SignHold(hold, new Json.Text(signature), Optional.empty(), Optional.empty()));
    }

    private LeaseTerms wider(LeaseQuestion.Lease narrow) {
        return new LeaseTerms(
                narrow.task(),
                Optional.of(narrow.agent()),
                union(narrow.environments(), environments),
                union(narrow.impacts(), impacts),
                union(narrow.resources(), resources),
                Optional.of(LeaseCommand.seconds(ttl)));
    }

    private static Set<String> union(List<String> narrow, List<String> more) {
        return Stream.concat(narrow.stream(), more.stream()).collect(Collectors.toCollection(TreeSet::new));
    }
}
