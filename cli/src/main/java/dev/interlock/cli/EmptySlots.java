package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.catalog.Catalogs;
import dev.interlock.config.Config;
import dev.interlock.policy.DraftSeals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
        String again =
                configFile.equals(Path.of("/etc/interlock/gateway.yaml")) ? "" : new Options(configFile, false).again();
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
                    + upstream.name() + "` for " + String.join(", ", slots) + ", so calls that need one are refused; store it again: sudo interlock vault put " + user + String.join(" ", slots) + again
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
