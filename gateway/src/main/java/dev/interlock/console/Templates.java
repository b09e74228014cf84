package dev.interlock.console;

import gg.jte.html.HtmlInterceptor;
import gg.jte.html.HtmlTemplateOutput;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;

/** Runs a compiled template. All values are escaped for their place in the page. */
final class Templates {

    private Templates() {}

    /** A call of a template's own method, with the values to show. */
    @FunctionalInterface
    interface Template {

        /** {@code none} could change forms; the console uses none. */
        void render(HtmlTemplateOutput output, HtmlInterceptor none);
    }

    @SuppressWarnings("NullAway") // null means that there is no interceptor
    static String render(Template template) {
        StringOutput page = new StringOutput();
        template.render(new OwaspHtmlTemplateOutput(page), null);
        return page.toString();
    }
}
