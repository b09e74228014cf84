package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.Question;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.RemoteQuestion;
import dev.interlock.evidence.Json;
import dev.interlock.front.tls.MachineKey;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "remote",
        description = "Remote machines: agents in containers, pods, CI runners and virtual machines.",
        footer = {
            "  interlock remote add ann/ci-runner --task work --out ci-runner",
            "  interlock remote list",
            "  interlock remote renew M-01JD… --out ci-runner-renewed",
            "  interlock remote end M-01JD…"
        })
final class RemoteCommand extends TerminalCommand {

    private static final String KEY = "key.pem";
    private static final String CERTIFICATE = "certificate.pem";
    private static final String AUTHORITY = "gateway.pem";

    @Command(
            name = "add",
            description =
                    "Give a machine or pod elsewhere its identity: a new directory with a key, a client certificate and the certificate of the gateway. With it, the machine takes leases of the agent by itself. It can have only what needs no signature.",
            footer = {
                "  interlock remote add ann/ci-runner --task work --out ci-runner",
                "  interlock remote add ann/ci-runner --task work --public-key runner.pub --out ci-runner"
            })
    int add(
            @Parameters(paramLabel = "AGENT", description = "The enrolled agent, as ann/ci-runner.") String agent,
            @Option(
                            names = "--task",
                            required = true,
                            description = "A task template of the seal, or another name, for reading alone.")
                    String task,
            @Mixin ScopeOptions scope,
            @Option(names = "--ttl", description = "How long each lease lasts, as 30m or 8h.") @Nullable String ttl,
            @Option(
                            names = "--lasting",
                            paramLabel = "TIME",
                            description =
                                    "How long the certificate lasts, as 12h or 30d; 90d unless given, at most 180d.")
                    @Nullable String lasting,
            @Option(
                            names = "--public-key",
                            paramLabel = "FILE",
                            description =
                                    "The public key of the machine in PEM form. The private one never leaves the machine then.")
                    @Nullable Path publicKey,
            @Option(
                            names = "--out",
                            required = true,
                            paramLabel = "DIRECTORY",
                            description = "The new directory for the files.")
                    Path out,
            @Mixin Options own)
            throws Exception {
        MachineKey made = MachineKey.make(new SecureRandom());
        RemoteQuestion.AddMachine asked = new RemoteQuestion.AddMachine(
                scope.terms(agent, task, ttl),
                publicKey == null ? made.publicKey() : Files.readString(publicKey),
                Optional.ofNullable(lasting));
        Optional<Secret> secret = publicKey == null ? Optional.of(made.privateKey()) : Optional.empty();
        RemoteQuestion.CertifiedMachine machine = certified(out, secret, asked, own);
        String key = publicKey == null ? out.resolve(KEY).toString() : "KEY";
        return terminal.answer(own, withoutCertificates(machine), () -> tell(machine, out, key));
    }

    /** Asks for a certificate and writes it, with {@code key}, to the new directory {@code out}. */
    private static RemoteQuestion.CertifiedMachine certified(
            Path out, Optional<Secret> key, Question<RemoteQuestion.CertifiedMachine> question, Options own)
            throws Exception {
        Path directory = PrivateFiles.directory(out); // first: without it the certificate would be lost
        RemoteQuestion.CertifiedMachine machine;
        try {
            if (key.isPresent()) {
                write(directory.resolve(KEY), key.get().<String>use(text -> text));
            }
            machine = own.daemon().ask(question);
        } catch (Exception e) {
            Files.deleteIfExists(directory.resolve(KEY));
            Files.deleteIfExists(directory);
            throw e;
        }
        write(directory.resolve(CERTIFICATE), machine.certificate());
        write(directory.resolve(AUTHORITY), machine.authority());
        return machine;
    }

    private static Json.Members withoutCertificates(RemoteQuestion.CertifiedMachine machine) {
        return RecordJson.write(machine.machine()).with("address", machine.address());
    }

    private static void write(Path file, String text) throws IOException {
        PrivateFiles.write(file, text.getBytes(StandardCharsets.US_ASCII));
    }

    private void tell(RemoteQuestion.CertifiedMachine certified, Path directory, String key) {
        RemoteQuestion.Machine machine = certified.machine();
        String curl = "curl -sS --cert " + directory.resolve(CERTIFICATE) + " --key " + key + " --cacert "
                + directory.resolve(AUTHORITY);
        terminal.line(machine.machine() + " may take leases of " + machine.agent() + ", for the task " + machine.task()
                + ", until " + CellFormat.time(machine.until()) + ".");
        terminal.line("Copy " + directory + " to the machine. Whoever can read its key can do what the agent can.");
        terminal.line("");
        terminal.line("A lease, there:");
        terminal.line("  " + curl + " --json '{}' " + certified.address() + "/.interlock/leases");
        terminal.line("A call, with its `token`:");
        terminal.line("  " + curl + " -H \"Authorization: Bearer $INTERLOCK_LEASE\" " + certified.address()
                + "/UPSTREAM/PATH");
    }

    @Command(
            name = "renew",
            description =
                    "Give a remote machine another certificate of the key that it has: a new directory with that and the certificate of the gateway. Its leases go on, and so does its present certificate until that one ends.",
            footer = "  interlock remote renew M-01JD… --out ci-runner-renewed")
    int renew(
            @Parameters(paramLabel = "MACHINE") String machine,
            @Option(
                            names = "--lasting",
                            paramLabel = "TIME",
                            description =
                                    "How long the certificate lasts, as 12h or 30d, at most 180d; as the one before unless given.")
                    @Nullable String lasting,
            @Option(
                            names = "--out",
                            required = true,
                            paramLabel = "DIRECTORY",
                            description = "The new directory for the two files.")
                    Path out,
            @Mixin Options own)
            throws Exception {
        String agent = own.daemon().ask(new RemoteQuestion.ListMachines()).machines().stream()
                .filter(each -> each.machine().equals(machine))
                .map(RemoteQuestion.Machine::agent)
                .findFirst()
                .orElseThrow(() -> new UsageException(
                        "there is no remote machine `" + machine + "`: see `interlock remote list`"));
        RemoteQuestion.CertifiedMachine renewed = certified(
                out,
                Optional.empty(),
                new RemoteQuestion.RenewMachine(agent, machine, Optional.ofNullable(lasting)),
                own);
        return terminal.answer(
                own,
                withoutCertificates(renewed),
                machine + " is renewed until "
                        + CellFormat.time(renewed.machine().until())
                        + ". Copy the two files of " + out
                        + " over those on the machine; its key stays.");
    }

    @Command(
            name = "list",
            description = "List the remote machines that have not ended.",
            footer = "  interlock remote list")
    int list(@Mixin Options own) throws Exception {
        RemoteQuestion.Machines result = own.daemon().ask(new RemoteQuestion.ListMachines());
        return terminal.answer(
                own,
                result,
                List.of("MACHINE", "AGENT", "TASK", "ENVIRONMENTS", "IMPACTS", "BY", "UNTIL"),
                result.machines().stream()
                        .map(machine -> List.of(
                                machine.machine(),
                                machine.agent(),
                                machine.task(),
                                String.join(", ", machine.environments()),
                                String.join(", ", machine.impacts()),
                                machine.by(),
                                CellFormat.time(machine.until())))
                        .toList());
    }

    @Command(
            name = "end",
            description =
                    "End a remote machine, its leases and its connections at once. Its certificate is worthless from then on.",
            footer = "  interlock remote end M-01JD… --reason 'the runner is gone'")
    int end(
            @Parameters(paramLabel = "MACHINE") String machine,
            @Option(names = "--reason", description = "Why; for the receipt.") @Nullable String reason,
            @Mixin Options own)
            throws Exception {
        RemoteQuestion.EndedMachine result =
                own.daemon().ask(new RemoteQuestion.EndMachine(machine, Optional.ofNullable(reason)));
        return terminal.answer(
                own,
                result,
                machine + " has ended, with " + CellFormat.number(result.ended().killed(), "lease") + "."
                        + CellFormat.unrecorded(result));
    }
}
