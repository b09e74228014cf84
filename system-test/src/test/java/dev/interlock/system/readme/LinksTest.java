package dev.interlock.system.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that every link between the documentation's pages leads somewhere. */
class LinksTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

    @Test
    void everyLinkLeadsToAPageAndItsHeading() throws IOException {
        assertThat(brokenLinks(CHECKOUT)).isEmpty();
    }

    /** Returns the links of the pages in {@code root} and its directory {@code docs} that lead nowhere. */
    static List<String> brokenLinks(Path root) throws IOException {
        List<String> broken = new ArrayList<>();
        List<Path> pages = pages(root);
        assertThat(pages).hasSizeGreaterThan(20);
        for (Path page : pages) {
            LINK.matcher(Files.readString(page))
                    .results()
                    .map(link -> link.group(1))
                    .filter(link -> !link.startsWith("http") && !leads(page, link))
                    .forEach(link -> broken.add(page + ": " + link));
        }
        return broken;
    }

    @Test
    void everyDecisionIsListedUnderItsNumberAndTitle() throws IOException {
        Path decisions = CHECKOUT.resolve("docs/adr");
        String list = Files.readString(decisions.resolve("README.md"));
        try (Stream<Path> files = Files.list(decisions)) {
            for (Path file : files.filter(file -> !file.endsWith("README.md")).toList()) {
                String name = file.getFileName().toString();
                String number = name.substring(0, 4);
                String heading = Files.readString(file).lines().findFirst().orElseThrow();
                assertThat(heading).startsWith("# " + number + ": ");
                assertThat(list).contains("[" + number + "](" + name + ") " + heading.substring("# 0000: ".length()));
            }
        }
    }

    private static boolean leads(Path from, String link) {
        int hash = link.indexOf('#');
        String path = hash < 0 ? link : link.substring(0, hash);
        Path to = path.isEmpty() ? from : from.resolveSibling(path);
        return Files.exists(to) && (hash < 0 || anchors(to).contains(link.substring(hash + 1)));
    }

    /** Returns the anchors that code forges derive from headings. */
    private static List<String> anchors(Path page) {
        try {
            return HEADING.matcher(Files.readString(page))
                    .results()
                    .map((MatchResult heading) -> heading.group(1)
                            .toLowerCase(Locale.ROOT)
                            .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                            .replace(' ', '-'))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> pages(Path root) throws IOException {
        try (Stream<Path> top = Files.list(root);
                Stream<Path> docs = Files.walk(root.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }
}
