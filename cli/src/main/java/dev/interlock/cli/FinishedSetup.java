package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.catalog.Catalogs;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.policy.DraftSeals;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.SetupRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The command {@code setup} on a machine that is set up. There is nothing to find: decoys lie where the tokens were.
 */
record FinishedSetup(Terminal terminal, SetupRecord record, Path configFile, Proof proof, boolean json) {

    /** Throws what is not proved; tells before that what it started anew. */
    interface Proof {
        void prove(Consumer<String> progress) throws Exception;
    }

    /** Requires that no option that is given asks for something else than what was set up. */
    void requireNoOther(Json.Members asked, Predicate<String> given) throws IOException {
        Json.Members before = record.asked();
        for (Map.Entry<String, Json> option : asked.members().entrySet()) {
            Optional<Json> known = before.get(option.getKey());
            if (given.test(option.getKey()) && known.isPresent() && !known.get().equals(option.getValue())) {
                String was = before.text(option.getKey());
                throw new UsageException(
                        "`" + option.getKey() + "` was "
                                + (was.isEmpty() ? "not given" : "`" + was + "`")
                                + " when this machine was set up, and setup changes nothing of that: change the policy (docs/policy.md), or begin again after `sudo interlock setup --undo`");
            }
        }
    }

    /** Agents that somebody has unprotected are protected again, if a person agrees. */
    int call(boolean plan, boolean yes) throws Exception {
        Optional<ProtectStep> missing = missing();
        if (plan) {
            tell(
                    "This machine is set up already. setup would start the gateway if it does not run or runs an older version, "
                            + missing.map(step -> step.description() + ", ").orElse("")
                            + "try every way out again, and look for secrets that are gone from the vault.",
                    EmptySlots.NONE);
            return ExitCodes.OK;
        }
        if (missing.isPresent()
                && !yes
                && !terminal.agrees(names(missing.get()) + " is no longer protected. Protect it again?")) {
            terminal.problem(names(missing.get())
                    + " is no longer protected, and stays so: `sudo interlock setup --yes` protects it again");
            return ExitCodes.NO;
        }
        proof.prove(step -> terminal.aside("interlock: " + step));
        if (missing.isPresent()) {
            terminal.aside("interlock: " + missing.get().description());
            missing.get().perform();
        }
        EmptySlots empty = EmptySlots.of(configFile);
        if (!empty.isNone()) {
            empty.sentences().forEach(terminal::problem);
            tell("Every way out is closed, but the vault does not have all that the policy needs.", empty);
            return ExitCodes.NO;
        }
        tell(
                "This machine is set up already, and every way out is closed. To change the policy: docs/policy.md",
                empty);
        return ExitCodes.OK;
    }

    private static String names(ProtectStep missing) {
        return String.join(", ", missing.person().programs());
    }

    private void tell(String sentence, EmptySlots empty) throws IOException {
        Json.Members told = Json.object()
                .with("complete", empty.isNone())
                .withTexts("missing", empty.names())
                .withTexts(
                        "unprotected",
                        missing().map(step -> step.person().programs()).orElse(List.of()));
        terminal.answer(json, told, () -> terminal.line(sentence));
    }

    /** What setup had protected and is so no longer; empty if there is nothing. */
    private Optional<ProtectStep> missing() throws IOException {
        return record.begun().stream()
                .filter(step -> step.name().equals(ProtectStep.NAME))
                .map(step -> ProtectStep.ProtectedPerson.read(step.intention()).unprotected())
                .filter(person -> !person.programs().isEmpty())
                .map(person -> new ProtectStep(configFile, person))
                .findFirst();
    }

    /** The slots of the seal in force for which the vault has no secret, and what to do about each upstream. */
    record EmptySlots(List<String> names, List<String> sentences) {

        static final EmptySlots NONE = new EmptySlots(List.of(), List.of());

        EmptySlots {
            names = List.copyOf(names);
            sentences = List.copyOf(sentences);
        }

        boolean isNone() {
            return names.isEmpty() && sentences.isEmpty();
        }

        static EmptySlots of(Path configFile) throws IOException, AdminRefusedException {
            Config config = Config.read(configFile);
            StatusQuestion.Status status = AdminClient.at(config.adminSocket()).ask(new StatusQuestion.AskStatus());
            Optional<byte[]> sealed = SealInForce.said(config);
            String again = configFile.equals(Path.of("/etc/interlock/gateway.yaml"))
                    ? ""
                    : new Options(configFile, false).again();
            if (sealed.isEmpty()) {
                return new EmptySlots(List.of(), List.of("no policy is sealed: sudo interlock seal --key KEY" + again));
            }
            return status.secrets()
                    .credentialsMissing()
                    .map(missing -> of(DraftSeals.read(sealed.get()), missing, again))
                    .orElseGet(() -> new EmptySlots(
                            List.of(), List.of("the vault cannot be read; the log of the keys process says why")));
        }

        private static EmptySlots of(Seal seal, List<String> names, String again) {
            List<String> sentences = new ArrayList<>();
            for (Seal.Upstream upstream : seal.upstreams().values()) {
                Map<String, List<String>> commands = new LinkedHashMap<>();
                upstream.credentials().stream()
                        .filter(slot -> names.contains(slot.name()))
                        .forEach(slot -> commands.computeIfAbsent(user(upstream, slot), _ -> new ArrayList<>())
                                .add(slot.name()));
                commands.forEach((user, slots) -> sentences.add("the vault has no secret of the upstream `"
                        + upstream.name() + "` for " + String.join(", ", slots)
                        + ", so calls that need one are refused; store it again: sudo interlock vault put " + user
                        + String.join(" ", slots) + again
                        + signIn(upstream, again)));
            }
            return new EmptySlots(names, sentences);
        }

        /** Returns the option for a secret that is a user's password; GitHub's user over Git is always the same. */
        private static String user(Seal.Upstream upstream, Seal.CredentialSlot slot) {
            return !slot.scheme().equalsIgnoreCase("Basic")
                    ? ""
                    : "--basic " + (upstream.catalog().equals("github") ? UpstreamLines.GITS_USER : "USER") + " ";
        }

        /** Only an upstream with a catalog of its own can have been signed in to. */
        private static String signIn(Seal.Upstream upstream, String again) {
            return Catalogs.builtIn().find(upstream.catalog()).isPresent()
                    ? ""
                    : "; if you had signed in to it: sudo interlock upstream renew " + upstream.name() + again;
        }
    }
}
