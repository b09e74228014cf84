package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A gateway in front of a host of repositories. An agent may write in staging, and ann confirms what is more. */
final class GitHouse implements AutoCloseable {

    static final String PASSWORD = "git-password-of-the-vault-1842";

    final GitServer server;
    final ServiceGatewayInstallation gateway;
    private final Path root;
    private int number;

    /**
     * Starts both.
     *
     * @param more lines of {@code interlock.yaml}
     */
    GitHouse(Path root, String more) throws Exception {
        this(root, more, false);
    }

    /** Starts both; {@code isNginx} says whether nginx serves the repositories. */
    GitHouse(Path root, String more, boolean isNginx) throws Exception {
        this.root = root;
        server = new GitServer(root.resolve("repositories"), basic(), isNginx);
        Map<String, String> policy = new HashMap<>(ServiceGatewayInstallation.staging("""
                  github:
                    catalog: github
                    address: "%s"
                    resolver: look
                    credentials:
                      work: {environments: [staging], impacts: [read, write, destroy, execute], scheme: Basic}
                      look: {environments: [production], impacts: [read], scheme: Basic}
                    resources:
                      "github:repo/acme/*": {environments: [staging]}
                """.formatted(server.address())));
        policy.computeIfPresent(
                "interlock.yaml",
                (_, yaml) -> yaml.replace(
                                "impacts: [read, write], ttl", "impacts: [read, write, destroy, execute], ttl")
                        .replace("agents:", more + "confirm: {software-keys: true}\nagents:")
                        .replace("  sam: {groups", "  ann: {groups: [owners], keys: [\"ANN\"]}\n  sam: {groups"));
        policy.put("policy.cedar", """
                @id("work")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"staging");
                @id("an-owner-may-let-an-agent-lose-something")
                @confirm("1 of owners")
                permit (principal, action in [Impact::Action::"destroy", Impact::Action::"execute"],
                        resource in Environment::"staging");
                """);
        gateway = new ServiceGatewayInstallation(Files.createDirectory(root.resolve("house")), policy, Map.of());
        for (String slot : List.of("work", "look")) {
            gateway.interlock(PASSWORD + "\n", "vault", "put", "--config=" + gateway.config(), "--basic", "bot", slot)
                    .expect(0);
        }
        gateway.seal().expect(0);
        gateway.up();
    }

    /** Returns the value of the header field with the real password. */
    static String basic() {
        return "Basic " + Base64.getEncoder().encodeToString(("bot:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    /** Makes a repository with two commits. Returns a clone of it, made through the gateway. */
    Clone repository(String name) throws Exception {
        server.create(name);
        Clone seed = new Clone(name, Files.createDirectory(root.resolve("seed" + ++number)));
        seed.git("init", "-q", "-b", "main").expect(0);
        seed.commit("readme.txt", "one\n", "first");
        seed.commit("readme.txt", "two\n", "second");
        seed.direct("push", "-q", direct(name), "main").expect(0);
        return cloned(name);
    }

    /** Clones a repository through the gateway. */
    Clone cloned(String name, String... options) throws Exception {
        Path made = root.resolve("clone" + ++number);
        List<String> arguments = new ArrayList<>(List.of("clone", "-q"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of(through(name), made.toString()));
        new Clone(name, root).git(arguments.toArray(String[]::new)).expect(0);
        return new Clone(name, made);
    }

    String through(String name) {
        return "http://127.0.0.1:" + gateway.port() + "/github/" + name + ".git";
    }

    String direct(String name) {
        return server.address() + "/" + name + ".git";
    }

    /** Returns the header field with the real password. */
    String password() {
        return "Authorization: " + basic();
    }

    /** Returns the hold that git has printed. */
    static String hold(String text) {
        Matcher hold = Pattern.compile("H-[0-9A-Z]{26}").matcher(text);
        assertThat(hold.find()).as(text).isTrue();
        return hold.group();
    }

    /** An act with git. */
    interface GitRun {
        Programs.ProgramResult git(String... arguments) throws Exception;
    }

    /** What one does with a clone. */
    interface GitUse {
        Programs.ProgramResult with(Clone clone, GitRun git, String address) throws Exception;
    }

    /**
     * Does {@code act} past the gateway, where it goes. Then through it, where it is held and changes nothing before
     * somebody has confirmed it. Returns what git printed when it was held.
     */
    String held(String name, GitUse prepare, GitUse act) throws Exception {
        Clone control = repository(name + "-direct");
        prepare.with(control, control::direct, direct(name + "-direct"));
        Map<String, String> given = control.refs();
        act.with(control, control::direct, direct(name + "-direct")).expect(0);
        assertThat(control.refs()).as("past the gateway it goes").isNotEqualTo(given);

        Clone clone = repository(name);
        prepare.with(clone, clone::direct, direct(name));
        Map<String, String> before = clone.refs();
        Programs.ProgramResult refused = act.with(clone, clone::git, through(name));
        assertThat(refused.exit()).as(refused.err()).isEqualTo(1);
        assertThat(clone.refs()).isEqualTo(before);

        confirm(hold(refused.err())); // a hold that is used does not count against the agent
        act.with(clone, clone::git, through(name)).expect(0);
        assertThat(clone.refs()).as("once confirmed it goes").isNotEqualTo(before);
        return refused.err();
    }

    /** Signs a hold as ann. */
    void confirm(String hold) throws Exception {
        gateway.sign("{\"hold\":\"" + hold + "\"}", "ann");
    }

    @Override
    public void close() throws IOException {
        gateway.close();
        server.close();
    }

    /** A clone of a repository. */
    final class Clone {

        private final String name;
        private final Path directory;

        private Clone(String name, Path directory) {
            this.name = name;
            this.directory = directory;
        }

        Path directory() {
            return directory;
        }

        /** Runs git with the lease. */
        Programs.ProgramResult git(String... arguments) throws Exception {
            return with("Authorization: Bearer " + gateway.lease(), arguments);
        }

        /** Runs git with the real password. */
        Programs.ProgramResult direct(String... arguments) throws Exception {
            return with("Authorization: " + basic(), arguments);
        }

        /** Runs git with a header field in each request. */
        Programs.ProgramResult with(String header, String... arguments) throws Exception {
            List<String> command = new ArrayList<>(List.of("git", "-c", "safe.directory=*", "-c", "user.name=Sam"));
            command.addAll(List.of("-c", "user.email=sam@example.com", "-c", "http.extraHeader=" + header));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
            builder.environment().put("GIT_TERMINAL_PROMPT", "0");
            builder.environment().put("HOME", root.toString());
            return Programs.run(builder, "");
        }

        void commit(String file, String text, String message) throws Exception {
            Path path = directory.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
            git("add", ".").expect(0);
            git("commit", "-q", "-m", message).expect(0);
        }

        String id(String revision) throws Exception {
            return git("rev-parse", revision).expect(0).out().strip();
        }

        Map<String, String> refs() throws Exception {
            return server.refs(name);
        }
    }
}
