import { z } from 'zod';
import { riskFigures } from '../book-risk.ts';
import { list } from './shapes.ts';

/** A figure of the book's risk that judges beside the heat, parts of equity. */
export const JudgedFigure = z
  .object({
    figure: z.enum(riskFigures),
    value: z.number().nullable().describe('Null where it is not known'),
    min: z.number().describe('From here on it is WARM'),
    max: z.number().describe('From here on it is HOT'),
    heat: z.number().nullable().describe('The heat that it counts as'),
  })
  .meta({ id: 'JudgedFigure' });
export type JudgedFigure = z.output<typeof JudgedFigure>;

/** The figures that judge beside the heat, where one does. */
export const JudgedFigures = z.object({
  heat: z.number().describe('The largest of the heat and what the figures count as: it decides the bucket'),
  decides: z
    .enum(riskFigures)
    .nullable()
    .describe('The figure that the bucket is that of; null where it is that of the heat'),
  unknown: z.enum(riskFigures).nullable().describe('A figure that is not known'),
  figures: list(JudgedFigure),
});
export type JudgedFigures = z.output<typeof JudgedFigures>;
