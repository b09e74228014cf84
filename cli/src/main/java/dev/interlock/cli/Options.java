package dev.interlock.cli;

import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Secret;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.config.Config;
import dev.interlock.config.ConfigFile;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.linux.ShellWords;
import dev.interlock.linux.TrustedFiles;
import dev.interlock.vault.SecretSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that nearly every command has. */
final class Options {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "gateway.yaml; otherwise $$INTERLOCK_CONFIG, interlock/gateway.yaml, $$XDG_CONFIG_HOME/interlock/gateway.yaml or /etc/interlock/gateway.yaml, the first that exists.")
    private @Nullable Path config;

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    Options() {}

    Options(@Nullable Path config, boolean json) {
        this.config = config;
        this.json = json;
    }

    @Nullable Path named() {
        return config;
    }

    boolean json() {
        return json;
    }

    /** Throws FileNotFoundException if there is none. */
    Path configFile() throws FileNotFoundException {
        return ConfigFile.find(config);
    }

    /** Returns the options that a suggested command needs to use the same configuration; empty if none was named. */
    String again() {
        return config == null ? "" : " --config " + ShellWords.quoted(config);
    }

    Path policy(@Nullable Path given) throws FileNotFoundException {
        return given != null ? given : configFile().toAbsolutePath().resolveSibling("policy");
    }

    /** Refuses a file that somebody else could have planted: it says what root trusts, and where secrets go. */
    Config config() throws IOException {
        return Config.read(trustedFile());
    }

    /** Its file is one that nobody else could have planted, too. */
    AdminClient daemon() throws IOException {
        return AdminClient.at(Config.adminSocket(trustedFile()));
    }

    private Path trustedFile() throws IOException {
        Path file = configFile();
        if (Files.notExists(file)) {
            throw new NoSuchFileException(
                    file.toString(), null, "name another with --config, or make one: sudo interlock setup");
        }
        TrustedFiles.require(file);
        return file;
    }

    /** The address of the gateway for agents. */
    URI gateway() throws IOException {
        String told = System.getenv().getOrDefault("INTERLOCK_GATEWAY", "");
        return URI.create(told.isEmpty() ? config().frontAddress() : told);
    }

    /** Reads the secret that {@code source} names, as {@code file:PATH} or {@code env:NAME}. */
    static Secret secret(String source) throws IOException {
        return UsageException.unless(() -> SecretSource.parse(source)).read(System.getenv());
    }

    /** Files that agents must never see: the gateway's own, and the commands and homes of protected agents. */
    static Set<Path> hidden(Config config) {
        Set<Path> hidden = new LinkedHashSet<>(Set.of(config.data(), config.run(), ProtectCommand.directory()));
        config.replica().ifPresent(hidden::add);
        return hidden;
    }

    /** Look empty in a sandbox. `init` writes ./interlock, and the current directory is the workspace by default. */
    Set<Path> covered() throws IOException {
        return Set.copyOf(List.of(located(), configFile().toRealPath().resolveSibling(""), policy(null)));
    }

    Path located() throws FileNotFoundException {
        return configFile().toAbsolutePath().normalize().resolveSibling(".").normalize();
    }

    static <W extends Collection<String>> W impacts(W words) {
        words.forEach(word -> UsageException.unless(() -> Impact.of(word)));
        return words;
    }

    static <W extends Collection<String>> W resources(W names) {
        names.forEach(name -> UsageException.unless(() -> Resource.parse(name)));
        return names;
    }

    /** Returns the user number for an agent: {@code given}, or what this process can provide. */
    static int agentUser(@Nullable Integer given) throws IOException {
        if (given != null && given <= 0) {
            throw new UsageException("`--uid` is the number of a user other than root, not " + given);
        }
        return given == null ? SandboxLauncher.agentUid() : given;
    }
}
