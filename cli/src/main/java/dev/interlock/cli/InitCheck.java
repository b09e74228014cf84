package dev.interlock.cli;

import dev.interlock.action.CatalogFacts;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.linux.Trees;
import dev.interlock.policy.PolicyProblem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Checks the files that {@code init} would write before anything is there that would block the next try. */
record InitCheck(StarterPolicy starter, Map<String, String> files, CatalogFacts catalogs) {

    private static final String NOTHING = "; nothing was written";

    /** The message of an exception names the option or the file, and ends by saying that nothing was written. */
    void require() throws IOException {
        require(
                starter.organisation().matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
                "`--organisation` must be one word of letters, digits and `._-`, because the log is named after it");
        catalog();
        places();
        starter.authority().ifPresent(InitCheck::requireCertificate);
        Path draft = Files.createTempDirectory("interlock-init-");
        try {
            InitCommand.write(draft, files);
            gateway(draft.resolve("gateway.yaml"));
            policy(draft.resolve("policy"));
        } finally {
            Trees.remove(draft);
        }
    }

    /** Checked first: without the catalog, every name in a policy would be reported as wrong. */
    private void catalog() {
        TreeSet<String> builtIn = new TreeSet<>(CatalogView.facts().digests().keySet());
        require(
                builtIn.contains(starter.catalog())
                        || files.containsKey("policy/catalogs/" + starter.catalog() + ".yaml"),
                "`--catalog` is one of " + quoted(builtIn) + ", or a file whose name ends in `.yaml`, not `"
                        + starter.catalog() + "`");
    }

    private void places() {
        TreeSet<String> known = new TreeSet<>(starter.environments());
        known.addAll(starter.protectedEnvironments());
        starter.places().forEach((resource, environment) -> {
            require(
                    resource.matches("[a-z0-9-]+:[a-z0-9-]+/.+"),
                    "`--place` is written `" + starter.placeable(catalogs).getFirst() + "=" + known.first() + "`, not `"
                            + resource + "=" + environment + "`");
            require(
                    known.contains(environment),
                    "`--place` uses the environment `" + environment + "`, but these are defined: "
                            + quoted(known)
                            + "; define more with --environment or --protected");
        });
    }

    static void requireCertificate(String pem) {
        try {
            if (!CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))
                    .isEmpty()) {
                return;
            }
        } catch (CertificateException e) {
            // Likewise.
        }
        throw new IllegalArgumentException("the `--ca` file holds no certificate in PEM form" + NOTHING);
    }

    private static void gateway(Path file) throws IOException {
        InetSocketAddress address;
        try {
            address = Config.read(file).listenAddress();
        } catch (IllegalArgumentException e) {
            String plain = String.valueOf(e.getMessage())
                    .replace("`" + file + "`", "gateway.yaml")
                    .replace(file.toString(), "gateway.yaml");
            throw new UsageException(
                    (e instanceof NumberFormatException ? "`--listen` is written `127.0.0.1:7411`" : plain) + NOTHING);
        }
        require(
                !address.isUnresolved() && address.getAddress().isLoopbackAddress(),
                "`--listen` must be a loopback address with a port, as 127.0.0.1:7411");
    }

    private void policy(Path directory) throws IOException {
        if (PolicyDirectory.load(directory, CatalogView.facts())
                instanceof PolicyDirectory.LoadResult.InvalidDirectory broken) {
            String wrong = broken.problems().stream()
                    .map(PolicyProblem::message)
                    .distinct()
                    .collect(Collectors.joining("; "));
            boolean ofCatalog = broken.problems().stream()
                    .anyMatch(problem -> problem.file().startsWith("catalogs/"));
            throw ofCatalog ? new IllegalArgumentException(wrong + NOTHING) : new UsageException(wrong + NOTHING);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new UsageException(otherwise + NOTHING);
        }
    }

    private static String quoted(Iterable<String> names) {
        return "`" + String.join("`, `", names) + "`";
    }
}
