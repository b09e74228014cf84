package dev.interlock.console;

import gg.jte.html.HtmlTemplateOutput;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.util.function.Consumer;

/** Runs a compiled template. Whatever it is given is escaped for where it stands. */
final class Templates {

    private Templates() {}

    static String render(Consumer<HtmlTemplateOutput> template) {
        StringOutput page = new StringOutput();
        template.accept(new OwaspHtmlTemplateOutput(page));
        return page.toString();
    }
}
