package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.shapes.ModelProvider;
import dev.interlock.vault.SecretSource;
import dev.interlock.vault.SlotContent;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "vault",
        description = "The vault: the upstreams' real credentials. No command prints them.",
        footer = {"  interlock vault put railway-staging --from file:/run/secrets/railway", "  interlock vault list"})
final class VaultCommand extends TerminalCommand {

    private static final String EXEC = "exec:";

    @Command(
            name = "put",
            description =
                    "Store a credential under its name in the policy, or one under several. It is never given on the command line.",
            footer = {
                "  pass show railway | interlock vault put railway-staging",
                "  interlock vault put railway-look railway-read railway-work",
                "  interlock vault put github-read --from exec:/usr/local/lib/interlock-helpers/mint --argument read",
                "  interlock vault put hub --basic ann --from file:/run/secrets/hub"
            })
    int put(
            @Parameters(
                            arity = "1..*",
                            paramLabel = "NAME",
                            description = "The name under `credentials` in interlock.yaml; repeatable.")
                    List<String> slots,
            @Option(
                            names = "--from",
                            description =
                                    "file:PATH or env:NAME, copied now; exec:PATH, a command that prints it each time it is needed. Unless given, it is asked for or read from standard input.")
                    @Nullable String from,
            @Option(
                            names = "--argument",
                            paramLabel = "TEXT",
                            description = "An argument of the command of exec:PATH; repeatable. Every process sees it.")
                    @Nullable List<String> arguments,
            @Option(
                            names = "--basic",
                            paramLabel = "USER",
                            description = "The secret is this user's password, and both are sent as HTTP Basic.")
                    @Nullable String user,
            @Mixin Options own)
            throws Exception {
        Config config = own.config();
        if (user != null) {
            UsageException.unless(() -> requireUser(user));
        }
        String shown = String.join("`, `", slots);
        SlotContent.SecretOrigin origin = origin(shown, from, arguments == null ? List.of() : arguments);
        if (origin instanceof SlotContent.SecretOrigin.CopiedSecret(Secret secret)) {
            requireForm(own, slots, secret);
        }
        SlotContent kept = new SlotContent(origin, Optional.ofNullable(user));
        Map<String, Store> stores = put(config, own.configFile(), slots, kept);
        List<Json.Members> stored = stores.entrySet().stream()
                .map(slot -> json(slot.getKey(), slot.getValue()))
                .toList();
        terminal.answer(
                own,
                stored.size() == 1 ? stored.getFirst() : Json.object().withItems("slots", stored.stream()),
                () -> stores.forEach((slot, store) -> terminal.line("Stored `" + slot + "`."
                        + (store == Store.PROTECTED ? " It opens only with a confirmation." : ""))));
        if (origin instanceof SlotContent.SecretOrigin.FetchCommand) {
            SystemdUnits.warnWithoutNetwork(config, terminal);
        }
        return ExitCodes.OK;
    }

    /** Refuses what is no key of the model whose upstream sends it: each call would fail with the provider's 401. */
    private static void requireForm(Options own, List<String> slots, Secret secret) throws IOException {
        if (PolicyDirectory.load(own.policy(null), CatalogView.facts())
                instanceof PolicyDirectory.LoadResult.SoundDirectory sound) {
            sound.directory().draft().upstreams().values().stream()
                    .filter(upstream -> upstream.credentials().stream().anyMatch(one -> slots.contains(one.name())))
                    .filter(upstream -> ModelProvider.of(upstream.catalog())
                            .filter(maker -> URI.create(maker.address()).equals(upstream.address()))
                            .isPresent())
                    .forEach(upstream -> ModelCredential.of(upstream.catalog(), secret));
        }
    }

    private static String requireUser(String user) {
        SlotContent.requireUser(user);
        return user;
    }

    private static Map<String, Store> put(Config config, Path file, List<String> slots, SlotContent kept)
            throws IOException {
        try {
            return Credentials.put(config, file, slots, kept);
        } catch (Credentials.UnknownSlotException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private SlotContent.SecretOrigin origin(String slots, @Nullable String from, List<String> arguments)
            throws IOException {
        if (from != null && from.startsWith(EXEC)) {
            List<String> command = new ArrayList<>(List.of(from.substring(EXEC.length())));
            command.addAll(arguments);
            return UsageException.unless(() -> new SlotContent.SecretOrigin.FetchCommand(command));
        }
        if (!arguments.isEmpty()) {
            throw new UsageException("`--argument` goes with `--from exec:PATH`");
        }
        return new SlotContent.SecretOrigin.CopiedSecret(secret(slots, from));
    }

    private Secret secret(String slots, @Nullable String from) throws IOException {
        if (from != null) {
            return Options.secret(from);
        }
        // A person is asked for it without echo.
        Optional<char[]> typed = terminal.askHidden("The secret for `" + slots + "`, not shown");
        return typed.isPresent()
                ? SecretSource.typed(typed.get())
                : SecretSource.parse("file:/dev/stdin").read(System.getenv());
    }

    @Command(name = "list", description = "Names only.", footer = "  interlock vault list --json")
    int list(@Mixin Options own) throws Exception {
        List<Vault.FilledSlot> slots = Credentials.vault(own.config()).list();
        return terminal.answer(
                own,
                Json.object().withItems("slots", slots.stream().map(slot -> json(slot.name(), slot.store()))),
                List.of("NAME", "OPENS"),
                slots.stream()
                        .map(slot -> List.of(
                                slot.name(),
                                slot.store() == Store.PROTECTED ? "with a confirmation" : "for permitted calls"))
                        .toList());
    }

    @Command(
            name = "remove",
            description = "Delete a credential from the vault. Also revoke it at the provider.",
            footer = "  interlock vault remove railway-staging")
    int remove(@Parameters(paramLabel = "NAME") String slot, @Mixin Options own) throws Exception {
        boolean removed = Credentials.remove(own.config(), slot);
        terminal.answer(own, Json.object().with("removed", removed), () -> {
            if (removed) {
                terminal.line("`" + slot + "` is gone.");
            } else {
                terminal.problem("the vault holds no `" + slot + "`; see `interlock vault list`");
            }
        });
        return removed ? ExitCodes.OK : ExitCodes.NO;
    }

    private static Json.Members json(String slot, Store store) {
        return Json.object().with("name", slot).with("store", store.word());
    }
}
